using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Ops;

/// <summary>Moves a quantized tensor to another type or mapping; UINT8 outputs may have a scale for each channel (last dimension).</summary>
public sealed record RequantizeOp(DataType To) : BoundaryOp(To)
{
    public static ImmutableArray<ImportRule> Imports => [];

    public override string Name => "Requantize";

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        FixedOperand x = FixedOperand.OfInput(binding, 0);
        if (FixedBinding.Quant(binding.Output) is { IsPerTensor: false } channels)
        {
            var rescale = new ChannelRescaleKernel(x.Type, x.Zero, [.. channels.Scale.Select(s => x.Scale / s)], channels.ZeroPoint, KernelForms.Current);
            return new DelegateKernel((in FixedArguments a) => rescale.Run(a.Input(0), a.Output(0), a.Threads));
        }

        FixedOperand y = FixedOperand.OfOutput(binding);
        LinearScale scale = LinearScale.Of(x.Scale / y.Scale);
        var kernel = new SlopeKernel(x.Type, x.Zero, y.Type, y.Range, scale, scale, KernelForms.Current);
        return new DelegateKernel((in FixedArguments a) => kernel.Run(a.Input(0), a.Output(0), a.Threads));
    }
}
