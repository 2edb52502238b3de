using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Ops;

/// <summary>Moves a quantized tensor to another type or mapping; both sides may have a scale for each channel (last dimension).</summary>
public sealed record RequantizeOp(DataType To) : BoundaryOp(To)
{
    public static ImmutableArray<ImportRule> Imports => [];

    public override string Name => "Requantize";

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        int channels = Math.Max(FixedBinding.Quant(binding.Input(0)).Scale.Length, FixedBinding.Quant(binding.Output).Scale.Length);
        if (channels > 1)
        {
            ChannelOperand from = ChannelOperand.Of(binding, binding.Input(0));
            ChannelOperand to = ChannelOperand.Of(binding, binding.Output);
            var rescale = new ChannelSumKernel((from.Type, from.Zero), from.FactorsTo(to, channels), to.Type, to.Range, KernelForms.Current, FixedBinding.Quant(binding.Output).Offsets);
            return new DelegateKernel((in FixedArguments a) => rescale.Run(a.Input(0), a.Output(0), a.Threads));
        }

        FixedOperand x = FixedOperand.OfInput(binding, 0);
        FixedOperand y = FixedOperand.OfOutput(binding);
        LinearScale scale = LinearScale.Of(x.Scale / y.Scale);
        var kernel = new SlopeKernel(x.Type, x.Zero, y.Type, y.Range, scale, scale, KernelForms.Current);
        return new DelegateKernel((in FixedArguments a) => kernel.Run(a.Input(0), a.Output(0), a.Threads));
    }
}
