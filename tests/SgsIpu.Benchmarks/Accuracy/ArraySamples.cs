using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>Samples of a network that takes no pictures: one array each.</summary>
internal sealed class ArraySamples(ImmutableArray<Tensor> arrays) : ISampleSource
{
    public int Count => arrays.Length;

    public Sample Read(int index, bool norm, CancellationToken cancellationToken) => new($"{index}", [arrays[index]]);
}
