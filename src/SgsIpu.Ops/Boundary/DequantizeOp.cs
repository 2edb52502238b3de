using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Ops;

/// <summary>Real numbers of integers, <c>s · (q − z)</c>: the vendor's Fix2Float, at the outputs.</summary>
public sealed record DequantizeOp() : BoundaryOp(DataType.Float32)
{
    public static ImmutableArray<ImportRule> Imports => [];

    public override string Name => "Dequantize";

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        FixedOperand x = FixedOperand.OfInput(binding, 0);
        double scale = x.Scale;
        int zero = x.Zero;
        return x.Type == DataType.UInt8
            ? new DelegateKernel((in FixedArguments a) => RealNumbers.Of(a.Input(0), zero, scale, a.Output<float>(0), a.Threads))
            : new DelegateKernel((in FixedArguments a) => RealNumbers.Of(a.Input<short>(0), 0, scale, a.Output<float>(0), a.Threads));
    }
}
