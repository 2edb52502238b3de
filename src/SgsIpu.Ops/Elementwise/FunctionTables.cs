using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Lut;

namespace SgsIpu.Ops;

/// <summary>The fixed-point form of one-input functions: a table, made when the model is quantized and kept as the node's last input.</summary>
internal static class FunctionTables
{
    public static ImmutableArray<Tensor> Build(FixedBinding binding, Func<double, double> function)
    {
        FixedOperand x = FixedOperand.OfInput(binding, 0);
        FixedOperand y = FixedOperand.OfOutput(binding);
        return [LookupTable.Build(function, x.Type, FixedBinding.Quant(binding.Input(0)), y.Type, FixedBinding.Quant(binding.Output))];
    }

    public static FixedKernel Prepare(FixedBinding binding)
    {
        Tensor table = binding.OptionalInput(1)?.Constant ?? throw binding.NotSupported("the function's table is missing");
        var kernel = new LookupKernel(binding.Input(0).Type, binding.Output.Type, table);
        return new DelegateKernel((in FixedArguments a) => kernel.Run(a.Input(0), a.Output(0), a.Threads));
    }
}
