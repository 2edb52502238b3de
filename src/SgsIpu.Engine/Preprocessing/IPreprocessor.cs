using SgsIpu.Core;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>Makes the array of one input from one file. Called from several threads at once.</summary>
public interface IPreprocessor : IDisposable
{
    /// <param name="norm">True for normalized real numbers; false for values before mean and deviation, in the training format.</param>
    Tensor Read(string path, bool norm, CancellationToken cancellationToken);
}
