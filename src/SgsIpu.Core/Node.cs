using System.Collections.Immutable;

namespace SgsIpu.Core;

/// <summary>One application of an operator. Inputs and outputs are tensor names; an absent optional input is the empty string.</summary>
public sealed record Node(string Name, Operator Op, ImmutableArray<string> Inputs, ImmutableArray<string> Outputs)
{
    public override string ToString() => $"{Op.Name} '{Name}'";
}
