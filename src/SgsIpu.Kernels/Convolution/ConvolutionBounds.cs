using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>What the weights prove of the sums: Σ x · w over the raw input, its zero point moved to the bias.</summary>
/// <param name="Bias">Bias − zero · Σ w of each output channel.</param>
/// <param name="Sums">Largest |Σ x · w| of each output channel, of any part of it too.</param>
/// <param name="FitsInt32">True where every sum does.</param>
/// <param name="FitsBytes">True where the input is of bytes and the weights fit signed ones.</param>
/// <param name="SplitElements">Elements whose products with 8 bits (magnitude ≤ 128) have a sum within INT32; a multiple of 4.</param>
internal sealed record ConvolutionBounds(long[] Bias, long[] Sums, bool FitsInt32, bool FitsBytes, int SplitElements)
{
    public static ConvolutionBounds Of(ConvolutionSpec spec)
    {
        int channels = spec.OutChannels;
        int k = spec.Weights.Length / channels;
        long[] bias = new long[channels];
        long[] sums = new long[channels];
        long magnitude = Magnitude(spec.InputType);
        bool fits = true;
        bool bytes = spec.InputType == DataType.UInt8;
        for (int o = 0; o < channels; o++)
        {
            long sum = 0;
            long absolute = 0;
            foreach (short weight in spec.Weights.AsSpan(o * k, k))
            {
                sum += weight;
                absolute += Math.Abs((int)weight);
                bytes &= (sbyte)weight == weight;
            }

            bias[o] = spec.Output.Bias[o] - (spec.InputZeroPoint * sum);
            sums[o] = magnitude * absolute;
            fits &= sums[o] <= int.MaxValue;
        }

        return new ConvolutionBounds(bias, sums, fits, bytes, Split(spec.InputType));
    }

    /// <summary>Largest magnitude of an input element.</summary>
    public static long Magnitude(DataType type) => type == DataType.UInt8 ? byte.MaxValue : 1L << 15;

    /// <inheritdoc cref="SplitElements"/>
    public static int Split(DataType type) => (int)(int.MaxValue / (Magnitude(type) * 128)) & ~3;
}
