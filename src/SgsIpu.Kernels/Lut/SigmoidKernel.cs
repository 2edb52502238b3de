using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels.Lut;

/// <summary>
/// A function of a sigmoid curve (<see cref="SigmoidCurve"/>) with integers only, from INT16 to INT16 or UINT8, with one scale or one for
/// each channel (last dimension) on both sides. The place of an input on the curve is <c>u = |q|·A[c] / 2^ShiftA[c]</c>, g(−u) a cubic in the
/// place within the segment; the result is <c>floor(P·M[c] / 2^(32 + K[c]) + 1/2)</c> with P the curve, or <c>x·g(x) = max(x, 0) − |x|·g(−|x|)</c>.
/// </summary>
public sealed class SigmoidKernel : ElementMap
{
    private const int Lanes512 = 16;
    private const int Lanes256 = 8;
    private const int Segments = 1 << SigmoidCurve.SegmentBits;
    private const int MostPlace = (1 << (SigmoidCurve.SegmentBits + SigmoidCurve.PlaceBits)) - 1;

    /// <summary>Bits that the curve loses before the product with an input, which is to fit INT32.</summary>
    private const int WeightedLoss = 2;

    private readonly DataType _output;
    private readonly bool _weighted;
    private readonly int _middle;
    private readonly KernelForm _form;
    private readonly int[] _table;
    private readonly int _channels;
    private readonly int _zero;
    private readonly (int Low, int High) _limits;

    /// <summary>By channel, from channel 0 on again after the last, so that a vector can be read from every channel on.</summary>
    private readonly int[] _place;
    private readonly int[] _placeShift;
    private readonly int[] _multiplier;
    private readonly int[] _shift;
    private readonly int[] _half;

    private SigmoidKernel(SigmoidCurve curve, Tensor table, QuantParam input, DataType type, QuantParam output, KernelForm form)
    {
        _weighted = curve.Form == SigmoidForm.Weighted;
        _middle = curve.Form == SigmoidForm.Odd ? 1 << (SigmoidCurve.CurveBits - 1) : 0;
        _form = form == KernelForm.V256 && !Avx2.IsSupported ? KernelForm.Scalar : form;
        _output = type;
        _zero = output.ZeroPoint;
        _limits = type == DataType.UInt8 ? (byte.MinValue, byte.MaxValue) : (-short.MaxValue, short.MaxValue);
        int rounding = _weighted ? 1 << (WeightedLoss - 1) : 0;
        _table = [.. table.As<int>().ToArray().Select((entry, i) => i < Segments ? entry + rounding : entry)];
        _channels = Channels(input, output);
        (int Multiplier, int Shift)[] places = [.. Enumerable.Range(0, _channels).Select(c => Place(curve, input, c))];
        (int Multiplier, int Shift)[] factors = [.. Enumerable.Range(0, _channels).Select(c => Factor(curve, input, output, c))];
        _place = Around(places, p => p.Shift < 0 ? ushort.MaxValue : p.Multiplier);
        _placeShift = Around(places, p => Math.Max(p.Shift, 0));
        _multiplier = Around(factors, f => f.Shift < 1 ? int.MaxValue : f.Multiplier);
        _shift = Around(factors, f => Math.Max(f.Shift, 1));
        _half = Around(factors, f => 1 << (Math.Max(f.Shift, 1) - 1));
    }

    /// <summary>The kernel of a function: in 16 bits where the output is UINT8 and they reach, else in 32.</summary>
    /// <param name="curve">Of the function.</param>
    /// <param name="table">As <see cref="SigmoidCurve.Table"/> makes it.</param>
    /// <param name="input">Mapping of the INT16 input.</param>
    /// <param name="type">INT16 or UINT8.</param>
    /// <exception cref="IpuException">The table is none of a curve, or a mapping none of these (id <c>LookupTable</c>).</exception>
    public static ElementMap Create(SigmoidCurve curve, Tensor table, QuantParam input, DataType type, QuantParam output, KernelForm form)
    {
        ArgumentNullException.ThrowIfNull(curve);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(input);
        if (!SigmoidCurve.IsTable(table) || !Fits(input, output))
        {
            throw new IpuException("LookupTable", $"a table {table} with {input.Scale.Length} input scales, zero point {input.ZeroPoint}, does not serve {output.Scale.Length} output scales");
        }

        ElementMap? narrow = type == DataType.UInt8 ? SigmoidByteKernel.TryCreate(curve, table, input, output, form) : null;
        return narrow ?? new SigmoidKernel(curve, table, input, type, output, form);
    }

    protected override (int X, int Y) Sizes => (2, _output == DataType.UInt8 ? 1 : 2);

    /// <summary>
    /// True where the integer form reaches between two mappings. Beyond its reach, an input scale of 1 and more or an output scale 2^14 times
    /// finer than that of the input, factors count as the largest ones.
    /// </summary>
    public static bool Serves(SigmoidCurve curve, QuantParam input, QuantParam output)
    {
        ArgumentNullException.ThrowIfNull(curve);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        return Fits(input, output)
            && Enumerable.Range(0, Channels(input, output)).All(c => Place(curve, input, c).Shift >= 0 && Factor(curve, input, output, c).Shift > 0);
    }

    protected override void Map(ReadOnlySpan<byte> x, Span<byte> y, int first)
    {
        if (_output == DataType.UInt8)
        {
            Map(MemoryMarshal.Cast<byte, short>(x), y, first);
        }
        else
        {
            Map(MemoryMarshal.Cast<byte, short>(x), MemoryMarshal.Cast<byte, short>(y), first);
        }
    }

    private static bool Fits(QuantParam input, QuantParam output) =>
        input.ZeroPoint == 0 && (input.IsPerTensor || output.IsPerTensor || input.Scale.Length == output.Scale.Length);

    private static int Channels(QuantParam input, QuantParam output) => Math.Max(input.Scale.Length, output.Scale.Length);

    private static double ScaleOf(QuantParam quant, int channel) => quant.Scale[quant.IsPerTensor ? 0 : channel];

    /// <summary>From the magnitude of an input to the curve's place; a multiplier of 16 bits, whose product with an INT16 fits INT32.</summary>
    private static (int Multiplier, int Shift) Place(SigmoidCurve curve, QuantParam input, int channel)
    {
        double factor = ScaleOf(input, channel) * (MostPlace + 1) / curve.Reach;
        int shift = Math.Min(15 - Math.ILogB(factor), 31);
        return ((int)Math.Min(Math.Floor(Math.ScaleB(factor, shift) + 0.5), ushort.MaxValue), shift);
    }

    private static (int Multiplier, int Shift) Factor(SigmoidCurve curve, QuantParam input, QuantParam output, int channel)
    {
        double unit = curve.Form switch
        {
            SigmoidForm.Weighted => Math.ScaleB(ScaleOf(input, channel), WeightedLoss),
            SigmoidForm.Odd => 2.0,
            _ => 1.0,
        };
        double factor = Math.ScaleB(unit / ScaleOf(output, channel), -SigmoidCurve.CurveBits);
        int shift = -2 - Math.ILogB(factor);
        return shift > 31 ? (0, 31) : ((int)Math.Min(Math.Floor(Math.ScaleB(factor, 32 + shift) + 0.5), int.MaxValue), shift);
    }

    private int[] Around((int Multiplier, int Shift)[] channels, Func<(int Multiplier, int Shift), int> part) =>
        [.. Enumerable.Range(0, _channels + Lanes512 + 1).Select(i => part(channels[i % _channels]))];

    private void Map<T>(ReadOnlySpan<short> x, Span<T> y, int first)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        int i = _form switch
        {
            KernelForm.V512 => Vectors512(x, y, first % _channels),
            KernelForm.V256 => Vectors256(x, y, first % _channels),
            _ => 0,
        };
        int c = (int)(((long)first + i) % _channels);
        for (; i < y.Length; i++)
        {
            y[i] = T.CreateTruncating(Value(x[i], c));
            c = c + 1 == _channels ? 0 : c + 1;
        }
    }

    /// <summary>The specification: the output's integer for one input.</summary>
    private int Value(int q, int channel)
    {
        int u = Math.Min((Math.Abs(q) * _place[channel]) >> _placeShift[channel], MostPlace);
        int segment = u >> SigmoidCurve.PlaceBits;
        int f = u & ((1 << SigmoidCurve.PlaceBits) - 1);
        int curve = _table[(3 * Segments) + segment];
        curve = ((curve * f) >> (SigmoidCurve.PlaceBits + 3)) + _table[(2 * Segments) + segment];
        curve = ((curve * f) >> (SigmoidCurve.PlaceBits + 3)) + _table[Segments + segment];
        curve = ((curve * f) >> SigmoidCurve.PlaceBits) + _table[segment];
        int product = _weighted
            ? (Math.Max(q, 0) << (SigmoidCurve.CurveBits - WeightedLoss)) - (Math.Abs(q) * (curve >> WeightedLoss))
            : (q < 0 ? curve : (1 << SigmoidCurve.CurveBits) - curve) - _middle;
        int high = (int)(((long)product * _multiplier[channel]) >> 32);
        return Math.Clamp(((high + _half[channel]) >> _shift[channel]) + _zero, _limits.Low, _limits.High);
    }

    /// <summary>Sixteen at once; returns the elements done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private int Vectors512<T>(ReadOnlySpan<short> x, Span<T> y, int channel)
        where T : unmanaged
    {
        ref short from = ref MemoryMarshal.GetReference(x);
        ref T to = ref MemoryMarshal.GetReference(y);
        ref int table = ref MemoryMarshal.GetArrayDataReference(_table);
        ref int place = ref MemoryMarshal.GetArrayDataReference(_place);
        ref int placeShift = ref MemoryMarshal.GetArrayDataReference(_placeShift);
        ref int multiplier = ref MemoryMarshal.GetArrayDataReference(_multiplier);
        ref int shift = ref MemoryMarshal.GetArrayDataReference(_shift);
        ref int half = ref MemoryMarshal.GetArrayDataReference(_half);
        Vector512<int> c0 = Vector512.LoadUnsafe(ref table, 0), d0 = Vector512.LoadUnsafe(ref table, 16);
        Vector512<int> c1 = Vector512.LoadUnsafe(ref table, Segments), d1 = Vector512.LoadUnsafe(ref table, Segments + 16);
        Vector512<int> c2 = Vector512.LoadUnsafe(ref table, 2 * Segments), d2 = Vector512.LoadUnsafe(ref table, (2 * Segments) + 16);
        Vector512<int> c3 = Vector512.LoadUnsafe(ref table, 3 * Segments), d3 = Vector512.LoadUnsafe(ref table, (3 * Segments) + 16);
        Vector512<int> zero = Vector512.Create(_zero);
        Vector512<int> low = Vector512.Create(_limits.Low);
        int channels = _channels;
        int step = Lanes512 % channels;
        int i = 0;
        for (; i <= y.Length - Lanes512; i += Lanes512)
        {
            var c = (nuint)channel;
            Vector512<int> q = Avx512F.ConvertToVector512Int32(Vector256.LoadUnsafe(ref from, (nuint)i));
            Vector512<int> magnitude = Vector512.Abs(q);
            Vector512<uint> u = Avx512F.ShiftRightLogicalVariable((magnitude * Vector512.LoadUnsafe(ref place, c)).AsUInt32(), Vector512.LoadUnsafe(ref placeShift, c).AsUInt32());
            Vector512<int> at = Vector512.Min(u, Vector512.Create((uint)MostPlace)).AsInt32();
            Vector512<int> segment = at >> SigmoidCurve.PlaceBits;
            Vector512<int> f = at & Vector512.Create((1 << SigmoidCurve.PlaceBits) - 1);
            Vector512<int> curve = Avx512F.PermuteVar16x32x2(c3, segment, d3);
            curve = ((curve * f) >> (SigmoidCurve.PlaceBits + 3)) + Avx512F.PermuteVar16x32x2(c2, segment, d2);
            curve = ((curve * f) >> (SigmoidCurve.PlaceBits + 3)) + Avx512F.PermuteVar16x32x2(c1, segment, d1);
            curve = ((curve * f) >> SigmoidCurve.PlaceBits) + Avx512F.PermuteVar16x32x2(c0, segment, d0);
            Vector512<int> product = _weighted
                ? (Vector512.Max(q, Vector512<int>.Zero) << (SigmoidCurve.CurveBits - WeightedLoss)) - (magnitude * (curve >> WeightedLoss))
                : Vector512.ConditionalSelect(Vector512.LessThan(q, Vector512<int>.Zero), curve, Vector512.Create(1 << SigmoidCurve.CurveBits) - curve) - Vector512.Create(_middle);

            // The upper halves of the products: those of the odd lanes stand where they belong.
            Vector512<long> even = Avx512F.Multiply(product, Vector512.LoadUnsafe(ref multiplier, c));
            Vector512<long> odd = Avx512F.Multiply((product.AsInt64() >>> 32).AsInt32(), Vector512.LoadUnsafe(ref multiplier, c + 1));
            Vector512<int> high = Vector512.ConditionalSelect(Vector512.Create(0xFFFFFFFFL), even >>> 32, odd).AsInt32();
            high = Avx512F.ShiftRightArithmeticVariable(high + Vector512.LoadUnsafe(ref half, c), Vector512.LoadUnsafe(ref shift, c).AsUInt32());
            high = Vector512.Max(high + zero, low);
            if (typeof(T) == typeof(byte))
            {
                Avx512F.ConvertToVector128ByteWithSaturation(high.AsUInt32()).StoreUnsafe(ref Unsafe.As<T, byte>(ref to), (nuint)i);
            }
            else
            {
                Avx512F.ConvertToVector256Int16WithSaturation(high).StoreUnsafe(ref Unsafe.As<T, short>(ref to), (nuint)i);
            }

            channel += step;
            channel = channel >= channels ? channel - channels : channel;
        }

        return i;
    }

    /// <summary>Eight at once; returns the elements done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private unsafe int Vectors256<T>(ReadOnlySpan<short> x, Span<T> y, int channel)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        fixed (int* table = _table, place = _place, placeShift = _placeShift, multiplier = _multiplier, shift = _shift, half = _half)
        fixed (short* from = x)
        {
            Vector256<int> low = Vector256.Create(_limits.Low);
            Vector256<int> high = Vector256.Create(_limits.High);
            ref T to = ref MemoryMarshal.GetReference(y);
            int i = 0;
            for (; i <= y.Length - Lanes256; i += Lanes256)
            {
                Vector256<int> q = Avx2.ConvertToVector256Int32(from + i);
                Vector256<int> magnitude = Vector256.Abs(q);
                Vector256<uint> u = Avx2.ShiftRightLogicalVariable((magnitude * Vector256.Load(place + channel)).AsUInt32(), Vector256.Load(placeShift + channel).AsUInt32());
                Vector256<int> at = Vector256.Min(u, Vector256.Create((uint)MostPlace)).AsInt32();
                Vector256<int> segment = at >> SigmoidCurve.PlaceBits;
                Vector256<int> f = at & Vector256.Create((1 << SigmoidCurve.PlaceBits) - 1);
                Vector256<int> curve = Avx2.GatherVector256(table + (3 * Segments), segment, sizeof(int));
                curve = ((curve * f) >> (SigmoidCurve.PlaceBits + 3)) + Avx2.GatherVector256(table + (2 * Segments), segment, sizeof(int));
                curve = ((curve * f) >> (SigmoidCurve.PlaceBits + 3)) + Avx2.GatherVector256(table + Segments, segment, sizeof(int));
                curve = ((curve * f) >> SigmoidCurve.PlaceBits) + Avx2.GatherVector256(table, segment, sizeof(int));
                Vector256<int> product = _weighted
                    ? (Vector256.Max(q, Vector256<int>.Zero) << (SigmoidCurve.CurveBits - WeightedLoss)) - (magnitude * (curve >> WeightedLoss))
                    : Vector256.ConditionalSelect(Vector256.LessThan(q, Vector256<int>.Zero), curve, Vector256.Create(1 << SigmoidCurve.CurveBits) - curve) - Vector256.Create(_middle);
                Vector256<long> even = Avx2.Multiply(product, Vector256.Load(multiplier + channel));
                Vector256<long> odd = Avx2.Multiply((product.AsInt64() >>> 32).AsInt32(), Vector256.Load(multiplier + channel + 1));
                Vector256<int> upper = Vector256.ConditionalSelect(Vector256.Create(0xFFFFFFFFL), even >>> 32, odd).AsInt32();
                upper = Avx2.ShiftRightArithmeticVariable(upper + Vector256.Load(half + channel), Vector256.Load(shift + channel).AsUInt32());
                Vector256<int> value = Vector256.Clamp(upper + Vector256.Create(_zero), low, high);
                Elementwise.Lanes256.Store(new Elementwise.Lanes256(value), ref to, (nuint)i);
                channel = (channel + Lanes256) % _channels;
            }

            return i;
        }
    }
}
