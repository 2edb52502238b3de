using SgsIpu.Core;

namespace SgsIpu.Engine.QuantParams;

/// <summary>A NumPy array while a pickle is read: made empty, filled by its state.</summary>
internal sealed class PickleArray
{
    public Tensor? Value { get; set; }
}
