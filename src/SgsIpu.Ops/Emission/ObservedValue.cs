namespace SgsIpu.Ops;

/// <summary>What an observing graph returns of a tensor.</summary>
/// <param name="Tensor">The tensor that it tells of.</param>
/// <param name="Count">Values.</param>
/// <param name="Inner">Values of one channel that lie one after the other; 1 where channels come last.</param>
/// <param name="Output">Position of the graph's output that holds it.</param>
/// <param name="Start">Where in that output it begins, in elements.</param>
public sealed record ObservedValue(string Tensor, ObservedKind Kind, int Count, int Inner, int Output, int Start);
