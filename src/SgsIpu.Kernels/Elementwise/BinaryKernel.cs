using SgsIpu.Core;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>An element-wise operator of two operands, UINT8 or INT16 each, with NumPy broadcasting.</summary>
public abstract class BinaryKernel
{
    /// <summary>a·scaleA + b·scaleB, in units of the output; within 0.51 of the true value (see <see cref="LinearScale"/>).</summary>
    public static BinaryKernel Sum(BinaryTypes types, double scaleA, double scaleB, KernelForm form) =>
        Create(new SumArithmetic(LinearScale.Of(scaleA, scaleB)), types, form);

    /// <summary>The larger of a·scaleA and b·scaleB, in units of the output.</summary>
    public static BinaryKernel Maximum(BinaryTypes types, double scaleA, double scaleB, KernelForm form) =>
        Create(new ExtremeArithmetic(LinearScale.Of(scaleA), LinearScale.Of(scaleB), true), types, form);

    /// <summary>The smaller of a·scaleA and b·scaleB, in units of the output.</summary>
    public static BinaryKernel Minimum(BinaryTypes types, double scaleA, double scaleB, KernelForm form) =>
        Create(new ExtremeArithmetic(LinearScale.Of(scaleA), LinearScale.Of(scaleB), false), types, form);

    /// <summary>a·b·scale, in units of the output.</summary>
    public static BinaryKernel Product(BinaryTypes types, double scale, KernelForm form) =>
        Create(new ProductArithmetic(Requantizer.FromScale(scale)), types, form);

    /// <summary>a/b·scale, in units of the output; a division by 0 gives the limit on the side of a's sign.</summary>
    public static BinaryKernel Quotient(BinaryTypes types, double scale) => Create(new QuotientArithmetic(scale), types, KernelForm.Scalar);

    /// <summary>a to the power b, in units of the output.</summary>
    /// <param name="table">What <see cref="PowerTable"/> gave.</param>
    /// <param name="scaleB">Scale of the exponent.</param>
    public static BinaryKernel Power(BinaryTypes types, Tensor table, double scaleB) => Create(new PowerArithmetic(table, scaleB), types, KernelForm.Scalar);

    /// <summary>The table of a power: logarithms differ between machines, so a model has them in it.</summary>
    public static Tensor PowerTable(double scaleA, double scaleY) => PowerArithmetic.BuildTable(scaleA, scaleY);

    /// <summary>a·above where a ≥ 0, a·b·below elsewhere, in units of the output.</summary>
    public static BinaryKernel PRelu(BinaryTypes types, double above, double below, KernelForm form) =>
        Create(new PReluArithmetic(Requantizer.FromScale(above), Requantizer.FromScale(below)), types, form);

    /// <summary>Computes every element of the output; the spans hold whole tensors.</summary>
    /// <param name="threads">Threads to use at most.</param>
    public abstract void Run(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, Span<byte> y, int threads = 1);

    private static BinaryKernel Create<TArithmetic>(TArithmetic arithmetic, BinaryTypes types, KernelForm form)
        where TArithmetic : struct, IBinaryArithmetic
        => types.A == DataType.UInt8 ? Create<TArithmetic, byte>(arithmetic, types, form) : Create<TArithmetic, short>(arithmetic, types, form);

    private static BinaryKernel Create<TArithmetic, TA>(TArithmetic arithmetic, BinaryTypes types, KernelForm form)
        where TArithmetic : struct, IBinaryArithmetic
        where TA : unmanaged, System.Numerics.IBinaryInteger<TA>
        => (types.B, types.Y) switch
        {
            (DataType.UInt8, DataType.UInt8) => new BinaryKernel<TArithmetic, TA, byte, byte>(arithmetic, types, form),
            (DataType.UInt8, _) => new BinaryKernel<TArithmetic, TA, byte, short>(arithmetic, types, form),
            (_, DataType.UInt8) => new BinaryKernel<TArithmetic, TA, short, byte>(arithmetic, types, form),
            _ => new BinaryKernel<TArithmetic, TA, short, short>(arithmetic, types, form),
        };
}
