namespace SgsIpu.Ops;

/// <summary>Where a recurrent layer begins; the names are ONNX's.</summary>
public enum RecurrentDirections
{
    Forward,
    Reverse,

    /// <summary>Both, each with weights of its own.</summary>
    Bidirectional,
}
