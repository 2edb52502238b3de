using System.Runtime.Intrinsics;

namespace SgsIpu.Kernels;

/// <summary>A convolution prepared for its weights. May run on several threads at once.</summary>
public abstract class Convolution(ConvolutionSpec spec)
{
    protected ConvolutionSpec Spec => spec;

    /// <summary>The fastest kernel of a form for a convolution; all give the same integers.</summary>
    public static Convolution Create(ConvolutionSpec spec, KernelForm form)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return form switch
        {
            KernelForm.V512 => Create<Vector512<int>, Vectors512>(spec),
            KernelForm.V256 => Create<Vector256<int>, Vectors256>(spec),
            KernelForm.V128 => Create<Vector128<int>, Vectors128>(spec),
            _ => new ScalarConvolution(spec),
        };
    }

    private static Convolution Create<TVector, TForm>(ConvolutionSpec spec)
        where TVector : unmanaged
        where TForm : struct, IVectorForm<TVector> =>
        new GemmConvolution<TVector, TForm, PairKernel<TVector, TForm>>(spec, ConvolutionBounds.Of(spec), default);

    /// <summary>Computes the output from the input, both NHWC.</summary>
    public abstract void Run(ReadOnlySpan<byte> x, Span<byte> y, int threads);
}
