using SgsIpu.Ops;

namespace SgsIpu.Engine;

/// <summary>How long a node of a fixed or offline model takes on this machine.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Operator">Its operator.</param>
/// <param name="Cost">Work of one run.</param>
/// <param name="Milliseconds">Median over the runs.</param>
public sealed record NodeTiming(string Node, string Operator, OperatorCost Cost, double Milliseconds);
