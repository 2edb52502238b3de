using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels;

/// <summary>
/// Samples an NHWC image at places that a grid of INT16 gives, in integers: places have 16 fraction bits, linear weights 16 and cubic
/// ones (Keys 1981 with −0.75) 15 a dimension; sums are exact and rounded once.
/// </summary>
/// <param name="x">Size of the image.</param>
/// <param name="grid">Rows and columns of the grid.</param>
/// <param name="gridScale">Scale of the grid, whose ±1 are the image's ends.</param>
/// <param name="scale">From the image's unit to the output's.</param>
public sealed class GridSampleKernel(
    (int N, int H, int W, int C) x, (int H, int W) grid, double gridScale, GridSampling sampling, GridPadding padding, bool alignCorners, DataType input, int zero, DataType output, IntegerRange range, double scale)
{
    private const int Bits = 16;
    private const int One = 1 << Bits;
    private const int CubicBits = 15;

    private readonly Requantizer _stepX = Requantizer.FromScale(Math.Min(gridScale * (alignCorners ? x.W - 1 : x.W) / 2.0 * One, int.MaxValue - 1));
    private readonly Requantizer _stepY = Requantizer.FromScale(Math.Min(gridScale * (alignCorners ? x.H - 1 : x.H) / 2.0 * One, int.MaxValue - 1));
    private readonly Requantizer _scale = Requantizer.FromScale(Math.Min(Math.ScaleB(scale, sampling switch { GridSampling.Nearest => 0, GridSampling.Linear => -2 * Bits, _ => -2 * CubicBits }), int.MaxValue - 1));

    /// <summary>Elements of scratch.</summary>
    public int WorkspaceElements => x.C;

    public void Run(ReadOnlySpan<byte> image, ReadOnlySpan<short> places, Span<byte> y, Span<long> sums)
    {
        sums = sums[..x.C];
        Span<int> weightsX = stackalloc int[4];
        Span<int> weightsY = stackalloc int[4];
        int points = grid.H * grid.W;
        for (int n = 0; n < x.N; n++)
        {
            for (int p = 0; p < points; p++)
            {
                int place = (n * points) + p;
                long atX = Place(_stepX.Apply((int)places[2 * place]), x.W);
                long atY = Place(_stepY.Apply((int)places[(2 * place) + 1]), x.H);
                int firstX = Weigh(atX, weightsX);
                int firstY = Weigh(atY, weightsY);
                sums.Clear();
                int taps = sampling switch { GridSampling.Nearest => 1, GridSampling.Linear => 2, _ => 4 };
                for (int i = 0; i < taps; i++)
                {
                    int row = Inside(firstY + i, x.H);
                    for (int j = 0; j < taps && row >= 0; j++)
                    {
                        int column = Inside(firstX + j, x.W);
                        if (column >= 0)
                        {
                            Add(image, (((n * x.H) + row) * x.W + column) * x.C, (long)weightsY[i] * weightsX[j], sums);
                        }
                    }
                }

                Write(y, place * x.C, sums);
            }
        }
    }

    /// <summary>A place in pixels with 16 fraction bits.</summary>
    private long Place(int offset, int size)
    {
        long at = offset + ((long)(size - 1) * One / 2);
        if (sampling == GridSampling.Nearest)
        {
            long whole = at >> Bits;
            long rest = at & (One - 1);
            at = (rest > One / 2 || (rest == One / 2 && (whole & 1) != 0) ? whole + 1 : whole) << Bits;
        }

        return at;
    }

    private long Reflect(long at, int size)
    {
        long low = alignCorners ? 0 : -One / 2;
        long high = alignCorners ? (long)(size - 1) << Bits : ((long)size << Bits) - (One / 2);
        long length = high - low;
        if (length == 0)
        {
            return 0;
        }

        long beyond = at < low ? low - at : at > high ? at - high : -1;
        if (beyond < 0)
        {
            return at;
        }

        long rest = beyond % length;
        bool even = beyond / length % 2 == 0;
        return (at < low) == even ? low + rest : high - rest;
    }

    /// <summary>The weights of a place's neighbours, and the first of these.</summary>
    private int Weigh(long at, Span<int> weights)
    {
        int whole = (int)Math.Clamp(at >> Bits, int.MinValue / 2, int.MaxValue / 2);
        long d = at & (One - 1);
        if (sampling == GridSampling.Nearest)
        {
            weights[0] = 1;
            return whole;
        }

        if (sampling == GridSampling.Linear)
        {
            weights[0] = (int)(One - d);
            weights[1] = (int)d;
            return whole;
        }

        weights[0] = Outer(One + d);
        weights[1] = Inner(d);
        weights[2] = Inner(One - d);
        weights[3] = Outer((2L * One) - d);
        weights[1] += (1 << CubicBits) - (weights[0] + weights[1] + weights[2] + weights[3]);
        return whole - 1;
    }

    /// <summary>(1.25·d − 2.25)·d² + 1.</summary>
    private static int Inner(long d) => (int)((((((5 * d) - (9L * One)) * d * d) + (4L << 48)) >> 2) + (1L << (47 - CubicBits)) >> (48 - CubicBits));

    /// <summary>−0.75·(d³ − 5d² + 8d − 4).</summary>
    private static int Outer(long d) => (int)((-3 * ((((d - (5L * One)) * d) + (8L << 32)) * d - (4L << 48)) >> 2) + (1L << (47 - CubicBits)) >> (48 - CubicBits));

    /// <summary>The pixel that stands at a position; −1 for none.</summary>
    private int Inside(int position, int size)
    {
        if ((uint)position < (uint)size)
        {
            return position;
        }

        return padding switch
        {
            GridPadding.Border => Math.Clamp(position, 0, size - 1),
            GridPadding.Reflection => Math.Clamp((int)(Reflect((long)position << Bits, size) >> Bits), 0, size - 1),
            _ => -1,
        };
    }

    private void Add(ReadOnlySpan<byte> image, int start, long weight, Span<long> sums)
    {
        if (input == DataType.UInt8)
        {
            for (int c = 0; c < sums.Length; c++)
            {
                sums[c] += (image[start + c] - zero) * weight;
            }

            return;
        }

        ReadOnlySpan<short> pixel = MemoryMarshal.Cast<byte, short>(image).Slice(start, sums.Length);
        for (int c = 0; c < sums.Length; c++)
        {
            sums[c] += pixel[c] * weight;
        }
    }

    private void Write(Span<byte> y, int start, ReadOnlySpan<long> sums)
    {
        for (int c = 0; c < sums.Length; c++)
        {
            int value = range.Place(_scale.Apply(sums[c]));
            if (output == DataType.UInt8)
            {
                y[start + c] = (byte)value;
            }
            else
            {
                MemoryMarshal.Cast<byte, short>(y)[start + c] = (short)value;
            }
        }
    }
}
