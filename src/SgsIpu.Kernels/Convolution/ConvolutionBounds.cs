using System.Numerics;
using System.Runtime.CompilerServices;
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
            (long sum, long absolute, bool small) = Add(spec.Weights.AsSpan(o * k, k));
            bytes &= small;

            bias[o] = spec.Output.Bias[o] - (spec.InputZeroPoint * sum);
            sums[o] = magnitude * absolute;
            fits &= sums[o] <= int.MaxValue;
        }

        return new ConvolutionBounds(bias, sums, fits, bytes, Split(spec.InputType));
    }

    /// <summary>Sum, sum of magnitudes, and whether all fit signed bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (long Sum, long Absolute, bool Bytes) Add(ReadOnlySpan<short> weights)
    {
        Vector<short> least = default;
        Vector<short> most = default;
        long sum = 0;
        long absolute = 0;
        int i = 0;
        while (i <= weights.Length - Vector<short>.Count)
        {
            // A lane takes two magnitudes of up to 2^15 a turn: INT32 holds those of 2^14 turns.
            Vector<int> sums = default;
            Vector<int> absolutes = default;
            for (int turn = 0; turn < 1 << 14 && i <= weights.Length - Vector<short>.Count; turn++, i += Vector<short>.Count)
            {
                var part = new Vector<short>(weights[i..]);
                least = Vector.Min(least, part);
                most = Vector.Max(most, part);
                Vector.Widen(part, out Vector<int> lower, out Vector<int> upper);
                sums += lower + upper;
                absolutes += Vector.Abs(lower) + Vector.Abs(upper);
            }

            for (int lane = 0; lane < Vector<int>.Count; lane++)
            {
                sum += sums[lane];
                absolute += absolutes[lane];
            }
        }

        bool bytes = Vector.GreaterThanOrEqualAll(least, new Vector<short>(sbyte.MinValue)) && Vector.LessThanOrEqualAll(most, new Vector<short>(sbyte.MaxValue));
        foreach (short weight in weights[i..])
        {
            sum += weight;
            absolute += Math.Abs((int)weight);
            bytes &= (sbyte)weight == weight;
        }

        return (sum, absolute, bytes);
    }

    /// <summary>Largest magnitude of an input element.</summary>
    public static long Magnitude(DataType type) => type == DataType.UInt8 ? byte.MaxValue : 1L << 15;

    /// <inheritdoc cref="SplitElements"/>
    public static int Split(DataType type) => (int)(int.MaxValue / (Magnitude(type) * 128)) & ~3;
}
