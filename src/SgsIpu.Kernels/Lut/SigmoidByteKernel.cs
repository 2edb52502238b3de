using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels.Lut;

/// <summary>
/// A function of a sigmoid curve (<see cref="SigmoidCurve"/>) with integers of 16 bits only, from INT16 to UINT8, with one scale or one for
/// each channel (last dimension) on both sides: what a byte can tell does not need the 32 bits of <see cref="SigmoidKernel"/>, and a vector
/// holds twice as many lanes. The place of an input is <c>u = min(|q|, Most[c])·A[c] / 2^(16 + Down[c])</c>, its whole part the segment;
/// g(−u) is a cubic in the distance from the segment's middle, in 2^-16; the result is <c>floor(P·M[c] / 2^(16 + K[c]) + 1/2)</c> with P the
/// curve's distance from a half, or <c>x·g(x) = max(x, 0) − |x|·g(−|x|)</c>.
/// </summary>
/// <remarks>Within 0.52 steps of the output of the exact value, where the output has 200 steps: P, g and M err by 0.006 steps each at most.</remarks>
internal sealed unsafe class SigmoidByteKernel : ElementMap
{
    private const int Lanes512 = 32;
    private const int Lanes256 = 8;
    private const int Segments = 1 << SigmoidCurve.SegmentBits;
    private const int Magnitudes = 1 << 15;

    /// <summary>The largest magnitude of each coefficient: with them no sum but the last leaves INT16, and that one saturates.</summary>
    private static readonly int[] Largest = [short.MaxValue, (1 << 14) - 1, (1 << 13) - 1, (1 << 12) - 1];

    private readonly bool _weighted;
    private readonly KernelForm _form;
    private readonly int _channels;
    private readonly int _zero;

    /// <summary>Coefficients in the distance from the middle, the constant one first; for gathering once more as INT32.</summary>
    private readonly PinnedArray<short> _table = new(4 * Segments);
    private readonly PinnedArray<int> _wideTable = new(4 * Segments);

    /// <summary>By channel, from channel 0 on again after the last, so that a vector can be read from every channel on.</summary>
    private readonly PinnedArray<ushort> _most;
    private readonly PinnedArray<ushort> _place;
    private readonly PinnedArray<ushort> _down;
    private readonly PinnedArray<ushort> _up;
    private readonly PinnedArray<ushort> _multiplier;
    private readonly PinnedArray<ushort> _half;
    private readonly PinnedArray<ushort> _shift;

    private SigmoidByteKernel(SigmoidCurve curve, Tensor table, Channel[] channels, int zero, KernelForm form)
    {
        _weighted = curve.Form == SigmoidForm.Weighted;
        _form = form == KernelForm.V256 && !Avx2.IsSupported ? KernelForm.Scalar : form;
        (_channels, _zero) = (channels.Length, zero);
        FillTable(table.As<int>());
        _most = Around(channels, static c => c.Most);
        _place = Around(channels, static c => c.Place);
        _down = Around(channels, static c => c.Down);
        _up = Around(channels, static c => 16 - c.Down);
        _multiplier = Around(channels, static c => c.Multiplier);
        _half = Around(channels, static c => c.Half);
        _shift = Around(channels, static c => c.Shift);
    }

    protected override (int X, int Y) Sizes => (sizeof(short), sizeof(byte));

    /// <summary>The kernel, or null where 16 bits do not reach between two mappings.</summary>
    public static SigmoidByteKernel? TryCreate(SigmoidCurve curve, Tensor table, QuantParam input, QuantParam output, KernelForm form)
    {
        int count = Math.Max(input.Scale.Length, output.Scale.Length);
        Channel?[] channels = [.. Enumerable.Range(0, count).Select(c => Channel.TryCreate(curve, input.Scale[input.IsPerTensor ? 0 : c], output.Scale[output.IsPerTensor ? 0 : c]))];
        return channels.Contains(null) ? null : new SigmoidByteKernel(curve, table, [.. channels.Select(static c => c!.Value)], output.ZeroPoint, form);
    }

    protected override void Map(ReadOnlySpan<byte> x, Span<byte> y, int first)
    {
        ReadOnlySpan<short> from = MemoryMarshal.Cast<byte, short>(x);
        int i = _form switch
        {
            KernelForm.V512 => Vectors512(from, y, first % _channels),
            KernelForm.V256 => Vectors256(from, y, first % _channels),
            _ => 0,
        };
        int c = (int)(((long)first + i) % _channels);
        for (; i < y.Length; i++)
        {
            y[i] = Value(from[i], c);
            c = c + 1 == _channels ? 0 : c + 1;
        }
    }

    /// <summary>From the table's cubics in f of [0, 1) to those in t = f − 1/2; what each product's floor takes is given back, half a unit.</summary>
    private void FillTable(ReadOnlySpan<int> table)
    {
        for (int segment = 0; segment < Segments; segment++)
        {
            double[] p = [.. SigmoidCurve.Cubic(table, segment).Select(static c => Math.ScaleB(c, 16))];
            double[] middle = [p[0] + (p[1] / 2) + (p[2] / 4) + (p[3] / 8) + 0.5, p[1] + p[2] + (0.75 * p[3]) + 0.5, p[2] + (1.5 * p[3]) + 0.5, p[3]];
            for (int power = 0; power < middle.Length; power++)
            {
                int entry = (int)Math.Clamp(Math.Floor(middle[power] + 0.5), power == 0 ? 0 : -Largest[power], Largest[power]);
                _table.Span[(power * Segments) + segment] = (short)entry;
                _wideTable.Span[(power * Segments) + segment] = entry;
            }
        }
    }

    private PinnedArray<ushort> Around(Channel[] channels, Func<Channel, int> part)
    {
        var array = new PinnedArray<ushort>(channels.Length + Lanes512);
        for (int i = 0; i < array.Length; i++)
        {
            array.Span[i] = (ushort)part(channels[i % channels.Length]);
        }

        return array;
    }

    /// <summary>The specification: the output's integer for one input.</summary>
    private byte Value(int q, int channel)
    {
        int magnitude = Math.Abs(q);
        uint product = (uint)Math.Min(magnitude, _most.Span[channel]) * _place.Span[channel];
        int down = _down.Span[channel];
        int segment = (int)(product >> (16 + down));
        int t = (short)((product >> down) ^ 0x8000);
        ReadOnlySpan<short> table = _table.Span;
        int curve = table[(3 * Segments) + segment];
        curve = ((curve * t) >> 16) + table[(2 * Segments) + segment];
        curve = ((curve * t) >> 16) + table[Segments + segment];
        curve = Math.Clamp(((curve * t) >> 16) + table[segment], 0, short.MaxValue);
        int result = _weighted
            ? Math.Max(q, 0) - ((magnitude * curve) >> 16)
            : q < 0 ? curve - short.MaxValue : short.MaxValue - curve;
        int high = (result * (short)_multiplier.Span[channel]) >> 16;
        return (byte)Math.Clamp(((high + (short)_half.Span[channel]) >> _shift.Span[channel]) + _zero, byte.MinValue, byte.MaxValue);
    }

    /// <summary>32 at once; returns the elements done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private int Vectors512(ReadOnlySpan<short> x, Span<byte> y, int channel)
    {
        Vector512<short> c0 = Vector512.LoadAligned(_table.Pointer);
        Vector512<short> c1 = Vector512.LoadAligned(_table.Pointer + Segments);
        Vector512<short> c2 = Vector512.LoadAligned(_table.Pointer + (2 * Segments));
        Vector512<short> c3 = Vector512.LoadAligned(_table.Pointer + (3 * Segments));
        Vector512<ushort> middle = Vector512.Create((ushort)0x8000);
        Vector512<short> one = Vector512.Create(short.MaxValue);
        Vector512<short> zero = Vector512.Create((short)_zero);
        ushort* most = _most.Pointer, place = _place.Pointer, down = _down.Pointer, up = _up.Pointer, multiplier = _multiplier.Pointer, half = _half.Pointer, shift = _shift.Pointer;
        bool weighted = _weighted;
        int channels = _channels;
        int step = Lanes512 % channels;
        int i = 0;
        fixed (short* from = x)
        fixed (byte* to = y)
        {
            for (; i <= y.Length - Lanes512; i += Lanes512)
            {
                nint c = channel;
                Vector512<short> q = Vector512.Load(from + i);
                Vector512<ushort> magnitude = Avx512BW.Abs(q);
                Vector512<ushort> within = Vector512.Min(magnitude, Vector512.Load(most + c));
                Vector512<ushort> high = Avx512BW.MultiplyHigh(within, Vector512.Load(place + c));
                Vector512<ushort> low = within * Vector512.Load(place + c);
                Vector512<ushort> downs = Vector512.Load(down + c);
                Vector512<ushort> above = Avx512BW.ShiftLeftLogicalVariable(high, Vector512.Load(up + c));
                Vector512<short> t = ((Avx512BW.ShiftRightLogicalVariable(low, downs) | above) ^ middle).AsInt16();
                Vector512<short> segment = Avx512BW.ShiftRightLogicalVariable(high, downs).AsInt16();
                Vector512<short> curve = Avx512BW.PermuteVar32x16(c3, segment);
                curve = Avx512BW.MultiplyHigh(curve, t) + Avx512BW.PermuteVar32x16(c2, segment);
                curve = Avx512BW.MultiplyHigh(curve, t) + Avx512BW.PermuteVar32x16(c1, segment);
                curve = Avx512BW.AddSaturate(Avx512BW.MultiplyHigh(curve, t), Avx512BW.PermuteVar32x16(c0, segment));
                curve = Vector512.Max(curve, Vector512<short>.Zero);
                Vector512<short> result = weighted
                    ? Vector512.Max(q, Vector512<short>.Zero) - Avx512BW.MultiplyHigh(magnitude, curve.AsUInt16()).AsInt16()
                    : Vector512.ConditionalSelect(Vector512.LessThan(q, Vector512<short>.Zero), curve - one, one - curve);
                result = Avx512BW.MultiplyHigh(result, Vector512.Load(multiplier + c).AsInt16()) + Vector512.Load(half + c).AsInt16();
                result = Avx512BW.ShiftRightArithmeticVariable(result, Vector512.Load(shift + c)) + zero;
                Avx512BW.ConvertToVector256ByteWithSaturation(Vector512.Max(result, Vector512<short>.Zero).AsUInt16()).Store(to + i);
                channel += step;
                channel = channel >= channels ? channel - channels : channel;
            }
        }

        GC.KeepAlive(this);
        return i;
    }

    /// <summary>Eight at once, in lanes of 32 bits: there are no shifts of 16 bits by lane; returns the elements done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private int Vectors256(ReadOnlySpan<short> x, Span<byte> y, int channel)
    {
        int* table = _wideTable.Pointer;
        Vector256<int> one = Vector256.Create((int)short.MaxValue);
        int i = 0;
        fixed (short* from = x)
        {
            ref byte to = ref MemoryMarshal.GetReference(y);
            for (; i <= y.Length - Lanes256; i += Lanes256)
            {
                Vector256<int> q = Avx2.ConvertToVector256Int32(from + i);
                Vector256<int> magnitude = Vector256.Abs(q);
                Vector256<uint> product = (Vector256.Min(magnitude, Wide(_most, channel)) * Wide(_place, channel)).AsUInt32();
                product = Avx2.ShiftRightLogicalVariable(product, Wide(_down, channel).AsUInt32());
                Vector256<int> segment = (product >> 16).AsInt32();
                Vector256<int> t = (product.AsInt32() << 16 >> 16) ^ Vector256.Create((int)short.MinValue);
                Vector256<int> curve = Avx2.GatherVector256(table + (3 * Segments), segment, sizeof(int));
                curve = ((curve * t) >> 16) + Avx2.GatherVector256(table + (2 * Segments), segment, sizeof(int));
                curve = ((curve * t) >> 16) + Avx2.GatherVector256(table + Segments, segment, sizeof(int));
                curve = ((curve * t) >> 16) + Avx2.GatherVector256(table, segment, sizeof(int));
                curve = Vector256.Min(Vector256.Max(curve, Vector256<int>.Zero), one);
                Vector256<int> result = _weighted
                    ? Vector256.Max(q, Vector256<int>.Zero) - ((magnitude * curve) >> 16)
                    : Vector256.ConditionalSelect(Vector256.LessThan(q, Vector256<int>.Zero), curve - one, one - curve);
                result = ((result * Wide(_multiplier, channel)) >> 16) + Wide(_half, channel);
                result = Avx2.ShiftRightArithmeticVariable(result, Wide(_shift, channel).AsUInt32()) + Vector256.Create(_zero);
                Store(result, ref to, i);
                channel = (channel + Lanes256) % _channels;
            }
        }

        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Wide(PinnedArray<ushort> values, int channel) => Avx2.ConvertToVector256Int32(values.Pointer + channel);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<int> values, ref byte to, int i) =>
        Elementwise.Lanes256.Store(new Elementwise.Lanes256(Vector256.Clamp(values, Vector256<int>.Zero, Vector256.Create((int)byte.MaxValue))), ref to, (nuint)i);

    /// <summary>What a channel's mappings come to.</summary>
    private readonly record struct Channel(int Most, int Place, int Down, int Multiplier, int Half, int Shift)
    {
        /// <summary>Null where 16 bits do not reach.</summary>
        public static Channel? TryCreate(SigmoidCurve curve, double input, double output)
        {
            // Segments for each step of the input; a fine one's multiplier has fewer bits, for places as small.
            double place = input * Segments / curve.Reach;
            int down = Math.Min(15 - Math.ILogB(place), 31) - 16;
            int multiplier = (int)Math.Min(Math.Floor(Math.ScaleB(place, 16 + down) + 0.5), ushort.MaxValue);

            double factor = curve.Form switch
            {
                SigmoidForm.Weighted => input / output,
                SigmoidForm.Odd => Math.ScaleB(2 / output, -16),
                _ => Math.ScaleB(1 / output, -16),
            };
            int shift = Math.Min(-2 - Math.ILogB(factor), 15);
            double middle = curve.Form == SigmoidForm.Plain ? 0.5 / output : 0;
            double half = Math.Floor(Math.ScaleB(middle + 0.5, shift) + 0.5);
            if (down < 0 || shift < 1 || half > short.MaxValue - (1 << 14))
            {
                return null;
            }

            int most = multiplier == 0 ? Magnitudes : (int)Math.Min(((long)Segments << (16 + down)) - 1, (long)multiplier * Magnitudes) / multiplier;
            return new Channel(most, multiplier, down, (int)Math.Floor(Math.ScaleB(factor, 16 + shift)), (int)half, shift);
        }
    }
}
