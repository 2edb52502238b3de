using System.Collections.Immutable;

namespace SgsIpu.Frontends.TfLite;

/// <summary>One operator of a TFLite graph.</summary>
/// <param name="Code">A builtin operator of the schema; 32 (CUSTOM) goes with <paramref name="Custom"/>.</param>
/// <param name="Custom">Name of a custom operator; empty for a builtin one.</param>
/// <param name="Inputs">Positions of tensors; −1 for an absent optional one.</param>
public sealed record TfLiteOperator(int Code, string Custom, ImmutableArray<int> Inputs, ImmutableArray<int> Outputs)
{
    /// <summary>Version of the operator: fields that a later version brought are not looked at by runtimes below it.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Member of the schema's BuiltinOptions union; 0 for none.</summary>
    public byte OptionsType { get; init; }

    /// <summary>The scalar fields of the options table by position: <see cref="byte"/>, <see cref="int"/>, <see cref="float"/> or <see cref="bool"/>.</summary>
    public ImmutableArray<(int Field, object Value)> Options { get; init; } = [];

    /// <summary>Options of a custom operator.</summary>
    public ReadOnlyMemory<byte> CustomOptions { get; init; }
}
