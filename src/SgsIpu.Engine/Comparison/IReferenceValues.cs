using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Comparison;

/// <summary>What the framework itself computed, in place of what the reference model computes.</summary>
internal interface IReferenceValues : IDisposable
{
    /// <summary>The tensors of which there are values, by their names in the reference.</summary>
    IReadOnlySet<string> Tensors { get; }

    /// <summary>The values of a sample in the framework's own layout.</summary>
    /// <param name="sample">The sample as the float reference reads it.</param>
    IReadOnlyDictionary<string, Tensor> Read(Sample sample, int index, CancellationToken cancellationToken);
}
