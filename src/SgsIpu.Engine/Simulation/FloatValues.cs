using Microsoft.ML.OnnxRuntime;
using SgsIpu.Core;

namespace SgsIpu.Engine.Simulation;

/// <summary>Values of tensors of a float graph where ONNX Runtime holds them, so that one session reads what another computed without a copy.</summary>
internal sealed class FloatValues : IDisposable
{
    private readonly Dictionary<string, OrtValue> _values = new(StringComparer.Ordinal);

    /// <summary>The value of a tensor, which goes with this set.</summary>
    public OrtValue this[string tensor]
    {
        get => _values[tensor];
        set => _values.Add(tensor, value);
    }

    public bool Has(string tensor) => _values.ContainsKey(tensor);

    /// <summary>Gives a value back, where there is one.</summary>
    public void Remove(string tensor)
    {
        if (_values.Remove(tensor, out OrtValue? value))
        {
            value.Dispose();
        }
    }

    /// <summary>A copy of the real numbers of a tensor.</summary>
    public Tensor Copy(string tensor)
    {
        OrtValue value = _values[tensor];
        return Tensor.FromArray<float>(value.GetTensorDataAsSpan<float>().ToArray(), new Shape([.. value.GetTensorTypeAndShape().Shape.Select(d => checked((int)d))]));
    }

    public void Dispose()
    {
        foreach (OrtValue value in _values.Values)
        {
            value.Dispose();
        }
    }
}
