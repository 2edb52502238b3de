using SgsIpu.Core;

namespace SgsIpu.Engine.Simulation;

/// <summary>Is shown a tensor's bytes, which are another's after it returns.</summary>
internal delegate void TensorView(string tensor, ReadOnlySpan<byte> values);

/// <summary>A model made ready to run, whose tensors are shown where they are, without a copy.</summary>
internal interface ITensorViewer : IDisposable
{
    /// <summary>Runs once and shows the outputs and the observed tensors. Safe from several threads.</summary>
    /// <param name="inputs">As for <see cref="IModelRunner.Run"/>.</param>
    void View(IReadOnlyDictionary<string, Tensor> inputs, TensorView visit, CancellationToken cancellationToken);
}
