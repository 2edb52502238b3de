using SgsIpu.Core;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>Judges by the signal-to-noise ratio alone.</summary>
internal sealed class SqnrScore : Score
{
    public override IEnumerable<Measure> Measures => [];

    protected override void Judge(string image, IReadOnlyDictionary<string, Tensor> real, IReadOnlyDictionary<string, Tensor> integers)
    {
    }
}
