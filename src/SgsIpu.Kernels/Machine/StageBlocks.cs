using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>
/// The tables of an output stage as <see cref="StageCode"/> reads them, a block of vectors of 64 bytes for each vector of channels.
/// Sums in one part: bias, multiplier, multiplier of the odd lanes in even ones, rounding, shift, lift. In two: bias of the lower and of the
/// upper part, multiplier, that of the odd lanes, then rounding and shift of the even and of the odd lanes in INT64.
/// </summary>
/// <remarks>
/// One part, shifts s from 33 (after a lift): floor(acc · M / 2^s + 1/2) + z = (upper(acc · M) + 2^(s−33) + z · 2^(s−32)) >> (s − 32), where
/// upper(p) = floor(p / 2^32). Two parts of b bits: (256 here 2^b) · U · M + L · M: floor(((U · M) + ((L · M) >> b) + 2^(s−1−b)) / 2^(s−b)), since
/// what is below 2^b reaches no sum.
/// </remarks>
internal sealed unsafe class StageBlocks
{
    private const int Lanes = ColumnOrder.Lanes;

    private readonly PinnedArray<byte> _tables;
    private readonly PinnedArray<byte> _limits;

    private StageBlocks(StageForm form, int vectors, OutputStage output)
    {
        Form = form;
        _tables = new PinnedArray<byte>(vectors * form.VectorBytes);
        _limits = new PinnedArray<byte>(4 * 64);
        for (int i = 0; i < 32; i++)
        {
            ((short*)_limits.Pointer)[i] = (short)output.Min;
            ((short*)_limits.Pointer)[32 + i] = (short)output.Max;
        }

        new Span<byte>(_limits.Pointer + 128, 64).Fill((byte)Math.Max(0, output.Min));
        new Span<byte>(_limits.Pointer + 192, 64).Fill((byte)Math.Min(255, output.Max));
    }

    public StageForm Form { get; }

    /// <summary>Minimum and maximum in INT16, then in bytes, a vector each.</summary>
    public byte* Limits => _limits.Pointer;

    /// <summary>The block of a vector.</summary>
    public byte* this[int vector] => _tables.Pointer + ((long)vector * Form.VectorBytes);

    /// <summary>The tables, or null where the arithmetic of the machine code is not exact for some channel.</summary>
    /// <param name="output">With the zero point of the input in the bias.</param>
    /// <param name="bounds">Largest magnitude of each channel's sum, without the bias.</param>
    /// <param name="splitBits">0 for sums in one part. In two, each part's sum and its share of the bias fit INT32.</param>
    /// <param name="channels">The channel of each lane of all vectors; −1 for none.</param>
    public static StageBlocks? TryCreate(OutputStage output, ReadOnlySpan<long> bounds, int splitBits, ReadOnlySpan<int> channels)
    {
        bool toBytes = output.Type == DataType.UInt8;
        bool lifts = false;
        for (int c = 0; c < bounds.Length; c++)
        {
            Requantizer scale = output.Scale[c];
            lifts |= splitBits == 0 && scale.Multiplier != 0 && scale.Shift < 33;
            if (!Fits(output, c, bounds[c] + Int128.Abs(output.Bias[c]), splitBits))
            {
                return null;
            }
        }

        var form = new StageForm(splitBits, toBytes, lifts, toBytes && (output.Min > 0 || output.Max < 255));
        var blocks = new StageBlocks(form, channels.Length / Lanes, output);
        for (int i = 0; i < channels.Length; i++)
        {
            if (channels[i] >= 0)
            {
                byte* block = blocks[i / Lanes];
                if (splitBits > 0)
                {
                    FillSplit((int*)block, i % Lanes, output, channels[i], splitBits);
                }
                else
                {
                    FillNarrow((int*)block, i % Lanes, output, channels[i]);
                }
            }
        }

        return blocks;
    }

    /// <summary>The lower part of a weight or bias, in [−2^(bits−1), 2^(bits−1)).</summary>
    public static int Lower(long value, int bits)
    {
        long half = 1L << (bits - 1);
        return (int)(((value + half) & ((1L << bits) - 1)) - half);
    }

    private static (int Multiplier, int Shift) Scale(Requantizer scale, int splitBits)
    {
        bool zero = scale.Multiplier == 0 || (splitBits == 0 && scale.Shift > 62);
        int least = splitBits == 0 ? 33 : splitBits + 1;
        return zero ? (0, least) : (scale.Multiplier, Math.Max(scale.Shift, splitBits == 0 ? least : 0));
    }

    private static bool Fits(OutputStage output, int c, Int128 bound, int splitBits)
    {
        (int multiplier, int shift) = Scale(output.Scale[c], splitBits);
        Int128 product = Int128.Abs(multiplier);
        if (splitBits > 0)
        {
            // The upper part's product is below 2^62; nothing added to it may carry it beyond 2^63, nor the result beyond INT32.
            return shift > splitBits && shift - splitBits <= 50 && (bound * product) >> shift < 1 << 30;
        }

        bound <<= Lift(output.Scale[c]);
        Int128 zero = Int128.Abs(output.ZeroPoint) << (shift - 32);
        return bound <= int.MaxValue && ((bound * product) >> 32) + (Int128.One << (shift - 33)) + zero + 2 <= int.MaxValue;
    }

    private static int Lift(Requantizer scale) => scale.Multiplier == 0 ? 0 : Math.Max(0, 33 - scale.Shift);

    private static void FillNarrow(int* block, int lane, OutputStage output, int c)
    {
        (int multiplier, int shift) = Scale(output.Scale[c], 0);
        block[lane] = (int)output.Bias[c];
        block[Lanes + lane] = multiplier;
        block[(2 * Lanes) + (lane & ~1)] = lane % 2 != 0 ? multiplier : block[(2 * Lanes) + (lane & ~1)];
        block[(3 * Lanes) + lane] = (multiplier == 0 ? 0 : 1 << (shift - 33)) + (output.ZeroPoint << (shift - 32));
        block[(4 * Lanes) + lane] = shift - 32;
        block[(5 * Lanes) + lane] = Lift(output.Scale[c]);
    }

    private static void FillSplit(int* block, int lane, OutputStage output, int c, int bits)
    {
        (int multiplier, int shift) = Scale(output.Scale[c], bits);
        int lower = Lower(output.Bias[c], bits);
        block[lane] = lower;
        block[Lanes + lane] = (int)((output.Bias[c] - lower) >> bits);
        block[(2 * Lanes) + lane] = multiplier;
        block[(3 * Lanes) + (lane & ~1)] = lane % 2 != 0 ? multiplier : block[(3 * Lanes) + (lane & ~1)];
        long* wide = (long*)(block + (4 * Lanes)) + (lane % 2 * (Lanes / 2)) + (lane / 2);
        wide[0] = (multiplier == 0 ? 0 : 1L << (shift - bits - 1)) + ((long)output.ZeroPoint << (shift - bits));
        wide[Lanes] = shift - bits;
    }
}
