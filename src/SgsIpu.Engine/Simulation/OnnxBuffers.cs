using Microsoft.ML.OnnxRuntime;

namespace SgsIpu.Engine.Simulation;

/// <summary>Memory for all outputs of one run at a time of an <see cref="OnnxSession"/>.</summary>
internal sealed class OnnxBuffers(IEnumerable<OrtValue> values) : IDisposable
{
    public OrtValue[] Values { get; } = [.. values];

    public void Dispose()
    {
        foreach (OrtValue value in Values)
        {
            value.Dispose();
        }
    }
}
