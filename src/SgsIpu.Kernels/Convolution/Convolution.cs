namespace SgsIpu.Kernels;

/// <summary>A convolution prepared for its weights. May run on several threads at once.</summary>
public abstract class Convolution(ConvolutionSpec spec)
{
    protected ConvolutionSpec Spec => spec;

    /// <summary>The fastest kernel of a form for a convolution; all give the same integers.</summary>
    public static Convolution Create(ConvolutionSpec spec, KernelForm form)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return new ScalarConvolution(spec);
    }

    /// <summary>Computes the output from the input, both NHWC.</summary>
    public abstract void Run(ReadOnlySpan<byte> x, Span<byte> y, int threads);
}
