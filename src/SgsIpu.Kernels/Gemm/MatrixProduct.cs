using System.Runtime.Intrinsics;

namespace SgsIpu.Kernels;

/// <summary>A prepared matrix product; see <see cref="MatrixProductSpec"/>. May run on several threads at once.</summary>
public abstract class MatrixProduct(MatrixProductSpec spec)
{
    protected MatrixProductSpec Spec => spec;

    /// <summary>The fastest kernel of a form; all give the same integers.</summary>
    public static MatrixProduct Create(MatrixProductSpec spec, KernelForm form)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return form switch
        {
            KernelForm.Vnni when VnniCode.Instance is { } code => Vectors<Vector512<int>, Vectors512, VnniPairKernel>(spec, new VnniPairKernel(code)),
            KernelForm.Vnni or KernelForm.V512 => Vectors<Vector512<int>, Vectors512, PairKernel<Vector512<int>, Vectors512>>(spec, default),
            KernelForm.V256 => Vectors<Vector256<int>, Vectors256, PairKernel<Vector256<int>, Vectors256>>(spec, default),
            KernelForm.V128 => Vectors<Vector128<int>, Vectors128, PairKernel<Vector128<int>, Vectors128>>(spec, default),
            _ => new ScalarMatrixProduct(spec),
        };
    }

    /// <summary>Computes every matrix of the output.</summary>
    /// <param name="b">INT16.</param>
    public abstract void Run(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, Span<byte> y, int threads);

    private static MatrixProduct Vectors<TVector, TForm, TKernel>(MatrixProductSpec spec, TKernel kernel)
        where TVector : unmanaged
        where TForm : struct, IVectorForm<TVector>
        where TKernel : struct, ITileKernel =>
        PanelMatrixProduct<TVector, TForm, TKernel>.Serves(spec) ? new PanelMatrixProduct<TVector, TForm, TKernel>(spec, kernel) : new ScalarMatrixProduct(spec);
}
