using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>An output of an observing graph.</summary>
/// <param name="Tensor">The tensor that it tells of.</param>
/// <param name="Shape">As ONNX Runtime returns it.</param>
/// <param name="Inner">Values of one channel that lie one after the other; 1 where channels come last.</param>
public sealed record ObservedValue(string Tensor, ObservedKind Kind, Shape Shape, int Inner);
