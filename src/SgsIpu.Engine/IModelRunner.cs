using SgsIpu.Core;

namespace SgsIpu.Engine;

/// <summary>A model made ready to run, at any stage. May be used from several threads at once.</summary>
public interface IModelRunner : IDisposable
{
    /// <summary>Runs once.</summary>
    /// <param name="inputs">Every input of the model, by name, with the model's own types and shapes.</param>
    /// <returns>The outputs, and the observed tensors, by name.</returns>
    IReadOnlyDictionary<string, Tensor> Run(IReadOnlyDictionary<string, Tensor> inputs, CancellationToken cancellationToken);
}
