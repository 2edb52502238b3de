using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;
using SgsIpu.Kernels.Exact;

namespace SgsIpu.Ops;

/// <summary>The fixed form of element-wise operators on exact integers.</summary>
internal static class ExactElementwise
{
    /// <exception cref="IpuException">The elements are no integers (id <c>FixedNotSupported</c>).</exception>
    public static FixedKernel Prepare(FixedBinding binding, ExactOperation operation)
    {
        TensorSpec x = binding.Input(0);
        ExactBinaryKernel kernel = ExactBinaryKernel.Of(operation, x.Type, new BroadcastPlan(x.Shape, binding.Input(1).Shape))
            ?? throw binding.NotSupported($"{x} holds no integers");
        return new DelegateKernel((in FixedArguments a) => kernel.Run(a.Input(0), a.Input(1), a.Output(0)));
    }

    /// <summary>A function of one integer.</summary>
    /// <exception cref="IpuException">The elements are no integers (id <c>FixedNotSupported</c>).</exception>
    public static FixedKernel Prepare(FixedBinding binding, Func<long, long> function) => binding.Input(0).Type switch
    {
        DataType.UInt8 => Map<byte>(function),
        DataType.Int8 => Map<sbyte>(function),
        DataType.Int16 => Map<short>(function),
        DataType.UInt16 => Map<ushort>(function),
        DataType.Int32 => Map<int>(function),
        DataType.Int64 => Map<long>(function),
        _ => throw binding.NotSupported($"{binding.Input(0)} holds no integers"),
    };

    private static DelegateKernel Map<T>(Func<long, long> function)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
        => new((in FixedArguments a) =>
        {
            ReadOnlySpan<T> x = a.Input<T>(0);
            Span<T> y = a.Output<T>(0);
            for (int i = 0; i < y.Length; i++)
            {
                y[i] = T.CreateTruncating(function(long.CreateTruncating(x[i])));
            }
        });
}
