using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels;
using SgsIpu.Kernels.Elementwise;
using SgsIpu.Kernels.Lut;

namespace SgsIpu.Ops;

/// <summary>The fixed-point form of one-input functions: a table, made when the model is quantized and kept as the node's last input.</summary>
internal static class FunctionTables
{
    /// <param name="curve">The sigmoid curve that the function is made of; null where there is none.</param>
    public static ImmutableArray<Tensor> Build(FixedBinding binding, Func<double, double> function, SigmoidCurve? curve = null)
    {
        TensorSpec input = binding.Input(0);
        if (curve is not null && input.Type == DataType.Int16 && (IsByChannel(binding) || SigmoidKernel.Serves(curve, FixedBinding.Quant(input), FixedBinding.Quant(binding.Output))))
        {
            return [curve.Table()];
        }

        FixedOperand x = FixedOperand.OfInput(binding, 0);
        FixedOperand y = FixedOperand.OfOutput(binding);
        return [LookupTable.Build(function, x.Type, FixedBinding.Quant(input), y.Type, FixedBinding.Quant(binding.Output))];
    }

    /// <param name="curve">As for <see cref="Build"/>.</param>
    /// <exception cref="IpuException">The table or the mappings are not those of such a function (id <c>FixedNotSupported</c> or <c>LookupTable</c>).</exception>
    public static FixedKernel Prepare(FixedBinding binding, SigmoidCurve? curve = null)
    {
        Tensor table = binding.OptionalInput(1)?.Constant ?? throw binding.NotSupported("the function's table is missing");
        TensorSpec x = binding.Input(0);
        if (IsByChannel(binding))
        {
            _ = ChannelOperand.Of(binding, x);
            _ = ChannelOperand.Of(binding, binding.Output);
        }

        ElementMap kernel = curve is not null && x.Type == DataType.Int16 && SigmoidCurve.IsTable(table)
            ? SigmoidKernel.Create(curve, table, FixedBinding.Quant(x), binding.Output.Type, FixedBinding.Quant(binding.Output), KernelForms.Current)
            : new LookupKernel(x.Type, binding.Output.Type, table);
        return new DelegateKernel((in FixedArguments a) => kernel.Run(a.Input(0), a.Output(0), a.Threads));
    }

    private static bool IsByChannel(FixedBinding binding) => !FixedBinding.Quant(binding.Input(0)).IsPerTensor || !FixedBinding.Quant(binding.Output).IsPerTensor;
}
