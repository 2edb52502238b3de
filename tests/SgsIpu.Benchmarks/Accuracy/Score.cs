using SgsIpu.Core;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>Judges a fixed model by its outputs beside those of the float model.</summary>
internal abstract class Score
{
    /// <summary>Of <see cref="JudgedTensors"/>.</summary>
    public NoisePower Noise { get; } = new();

    /// <summary>The same with logits in place of what a softmax makes of them.</summary>
    public NoisePower BeforeSoftmax { get; } = new();

    /// <summary>The measures, each with the target where there is one.</summary>
    public abstract IEnumerable<Measure> Measures { get; }

    /// <summary>Takes the outputs of both models for a picture.</summary>
    public abstract void Judge(string image, IReadOnlyDictionary<string, Tensor> real, IReadOnlyDictionary<string, Tensor> integers);
}
