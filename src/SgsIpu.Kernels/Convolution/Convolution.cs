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
        if (form != KernelForm.Scalar && spec.Transposed)
        {
            return new PhasedConvolution(spec, form);
        }

        if (form != KernelForm.Scalar && RepeatedConvolution.Serves(spec))
        {
            return new RepeatedConvolution(spec, form);
        }

        return form switch
        {
            KernelForm.Vnni or KernelForm.V512 => Vectors<Vector512<int>, Vectors512>(spec, form),
            KernelForm.V256 => Vectors<Vector256<int>, Vectors256>(spec, form),
            KernelForm.V128 => Vectors<Vector128<int>, Vectors128>(spec, form),
            _ => new ScalarConvolution(spec),
        };
    }

    private static Convolution Vectors<TVector, TForm>(ConvolutionSpec spec, KernelForm form)
        where TVector : unmanaged
        where TForm : struct, IVectorForm<TVector>
    {
        ConvolutionBounds bounds = ConvolutionBounds.Of(spec);
        if (form == KernelForm.Vnni && VnniCode.Instance is not null && ((Convolution?)MachineDepthwise.TryCreate(spec, bounds) ?? MachineConvolution.TryCreate(spec, bounds)) is { } machine)
        {
            return machine;
        }

        // Few channels fill a narrower vector.
        if (spec.IsDepthwise && spec.Channels < TForm.Count)
        {
            return Create(spec, form == KernelForm.Vnni ? KernelForm.V256 : form - 1);
        }

        if (DepthwiseConvolution<TVector, TForm>.Serves(spec, bounds))
        {
            return new DepthwiseConvolution<TVector, TForm>(spec, bounds);
        }

        if (form != KernelForm.Vnni || VnniCode.Instance is not { } code)
        {
            return new GemmConvolution<TVector, TForm, PairKernel<TVector, TForm>>(spec, bounds, default);
        }

        return bounds is { FitsInt32: true, FitsBytes: true }
            ? new GemmConvolution<TVector, TForm, VnniKernel>(spec, bounds, new VnniKernel(code))
            : new GemmConvolution<TVector, TForm, VnniPairKernel>(spec, bounds, new VnniPairKernel(code));
    }

    /// <summary>Computes the output from the input, both NHWC.</summary>
    public abstract void Run(ReadOnlySpan<byte> x, Span<byte> y, int threads);
}
