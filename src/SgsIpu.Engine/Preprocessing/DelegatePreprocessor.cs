using SgsIpu.Core;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>Asks a function of the caller.</summary>
internal sealed class DelegatePreprocessor(Func<string, bool, Tensor> function) : IPreprocessor
{
    public Tensor Read(string path, bool norm, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return function(path, norm) ?? throw new IpuException("PreprocessFailed", $"the preprocessing function returned nothing for '{path}'", IpuErrorKind.External) { Target = path };
    }

    public void Dispose()
    {
    }
}
