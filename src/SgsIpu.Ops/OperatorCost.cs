namespace SgsIpu.Ops;

/// <summary>Work of one run of an operator.</summary>
/// <param name="Macs">Multiply-accumulates; 0 for operators without any.</param>
/// <param name="ReadBytes">Bytes of all inputs, constants included.</param>
/// <param name="WrittenBytes">Bytes of all outputs.</param>
public readonly record struct OperatorCost(long Macs, long ReadBytes, long WrittenBytes)
{
    /// <summary>The traffic of these tensors with the given number of multiply-accumulates.</summary>
    public static OperatorCost Of(IReadOnlyList<Core.TensorSpec?> inputs, IReadOnlyList<Core.TensorSpec> outputs, long macs = 0) =>
        new(macs, inputs.Sum(i => i?.ByteCount ?? 0), outputs.Sum(o => o.ByteCount));
}
