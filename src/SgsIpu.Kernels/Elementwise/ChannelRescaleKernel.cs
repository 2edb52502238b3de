using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SgsIpu.Core;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>
/// Rescales a tensor with one scale to UINT8 with a scale for each channel (last dimension), with integers only:
/// <c>clamp(floor((x − zeroX) · M[c] / 2^Shift + 1/2) + zeroY)</c>. The largest multiplier has 29 bits, so that the relative error of a
/// scale is at most 2^-29 · largest / scale.
/// </summary>
public sealed class ChannelRescaleKernel
{
    private const int Lanes = 16;

    /// <summary>Elements below which a second thread costs more than it gains.</summary>
    private const int LeastForThreads = 1 << 14;

    private static readonly unsafe Action<(ChannelRescaleKernel Self, nint X, nint Y), int, int> Body = static (s, first, end) => s.Self.Run((byte*)s.X, (byte*)s.Y, first, end);

    private readonly DataType _input;
    private readonly int _zeroX;
    private readonly int _zeroY;
    private readonly int _shift;
    private readonly long[] _multipliers;
    private readonly KernelForm _form;

    /// <summary>Multipliers of INT32 lanes, then those of the odd lanes moved to even ones, for as many elements as whole vectors and whole pixels have in common; empty where a product may not fit.</summary>
    private readonly int[] _lanes;
    private readonly int[] _oddLanes;

    /// <param name="input">UINT8 or INT16.</param>
    /// <param name="factors">Scale of the input over the scale of each output channel; positive.</param>
    public ChannelRescaleKernel(DataType input, int zeroX, ImmutableArray<double> factors, int zeroY, KernelForm form)
    {
        _input = input;
        _zeroX = zeroX;
        _zeroY = zeroY;
        _form = form;
        _shift = Math.Clamp(28 - Math.ILogB(factors.Max()), 1, 45);
        _multipliers = [.. factors.Select(f => (long)Math.Min(Math.Floor(Math.ScaleB(f, _shift) + 0.5), 1L << 40))];

        // Results below 2^31: 17 bits of the input times a factor below 2^13.
        bool fits = form == KernelForm.V512 && factors.Max() < 1 << 13 && _multipliers.Max() <= int.MaxValue;
        int period = _multipliers.Length / (int)BigInteger.GreatestCommonDivisor(_multipliers.Length, Lanes) * Lanes;
        _lanes = fits ? [.. Enumerable.Range(0, period).Select(i => (int)_multipliers[i % _multipliers.Length])] : [];
        _oddLanes = [.. _lanes.Select((_, i) => _lanes[i | 1])];
    }

    /// <summary>Rescales a whole tensor.</summary>
    /// <param name="threads">Threads to use at most.</param>
    public unsafe void Run(ReadOnlySpan<byte> x, Span<byte> y, int threads = 1)
    {
        int pixels = y.Length / _multipliers.Length;
        fixed (byte* px = x, py = y)
        {
            Workers.Run(pixels, y.Length < LeastForThreads ? 1 : threads, (this, (nint)px, (nint)py), Body);
        }
    }

    /// <summary>Rescales pixels [first, end).</summary>
    private unsafe void Run(byte* x, byte* y, int first, int end)
    {
        int channels = _multipliers.Length;
        int count = (end - first) * channels;
        var target = new Span<byte>(y + ((nint)first * channels), count);
        if (_input == DataType.UInt8)
        {
            Rows(new ReadOnlySpan<byte>(x + ((nint)first * channels), count), target);
            return;
        }

        var source = new ReadOnlySpan<short>((short*)x + ((nint)first * channels), count);
        int done = _lanes.Length > 0 ? Whole(source, target) : 0;
        Rows(source[done..], target[done..]);
    }

    /// <summary>Whole periods of 16 lanes; returns the elements done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Whole(ReadOnlySpan<short> x, Span<byte> y)
    {
        Vector512<int> zeroX = Vector512.Create(_zeroX);
        Vector512<int> zeroY = Vector512.Create(_zeroY);
        Vector512<long> round = Vector512.Create(1L << (_shift - 1));
        Vector512<long> low = Vector512.Create(0xFFFFFFFFL);
        ref short from = ref MemoryMarshal.GetReference(x);
        ref byte to = ref MemoryMarshal.GetReference(y);
        ref int lanes = ref MemoryMarshal.GetArrayDataReference(_lanes);
        ref int oddLanes = ref MemoryMarshal.GetArrayDataReference(_oddLanes);
        int end = y.Length - (y.Length % _lanes.Length);
        int at = 0;
        for (int i = 0; i < end; i += Lanes)
        {
            Vector512<int> value = Avx512F.ConvertToVector512Int32(Vector256.LoadUnsafe(ref from, (nuint)i)) - zeroX;
            Vector512<long> even = Avx512F.Multiply(value, Vector512.LoadUnsafe(ref lanes, (nuint)at));
            Vector512<long> odd = Avx512F.Multiply((value.AsInt64() >>> 32).AsInt32(), Vector512.LoadUnsafe(ref oddLanes, (nuint)at));
            Vector512<int> result = Vector512.ConditionalSelect(low, (even + round) >> _shift, ((odd + round) >> _shift) << 32).AsInt32() + zeroY;
            Avx512F.ConvertToVector128ByteWithSaturation(Vector512.Max(result, Vector512<int>.Zero).AsUInt32()).StoreUnsafe(ref to, (nuint)i);
            at += Lanes;
            at = at == _lanes.Length ? 0 : at;
        }

        return end;
    }

    private void Rows<T>(ReadOnlySpan<T> x, Span<byte> y)
        where T : unmanaged, IBinaryInteger<T>
    {
        int channels = _multipliers.Length;
        for (int row = 0; row < y.Length; row += channels)
        {
            int c = _form == KernelForm.Scalar || typeof(T) != typeof(short) ? 0 : Vectors(MemoryMarshal.Cast<T, short>(x.Slice(row, channels)), y.Slice(row, channels));
            for (; c < channels; c++)
            {
                long product = (int.CreateTruncating(x[row + c]) - _zeroX) * _multipliers[c];
                y[row + c] = (byte)Math.Clamp(((product + (1L << (_shift - 1))) >> _shift) + _zeroY, byte.MinValue, byte.MaxValue);
            }
        }
    }

    /// <summary>Eight channels at once in INT64; returns how many are done.</summary>
    private int Vectors(ReadOnlySpan<short> x, Span<byte> y)
    {
        Vector512<long> round = Vector512.Create(1L << (_shift - 1));
        Vector512<long> zero = Vector512.Create((long)_zeroY);
        int c = 0;
        for (; c <= x.Length - 8; c += 8)
        {
            Vector256<int> narrow = Vector256.WidenLower(Vector128.Create(x.Slice(c, 8)).ToVector256Unsafe()) - Vector256.Create(_zeroX);
            Vector512<long> value = Vector512.WidenLower(narrow.ToVector512Unsafe()) * Vector512.Create(_multipliers.AsSpan(c, 8));
            value = Vector512.Clamp(((value + round) >> _shift) + zero, Vector512<long>.Zero, Vector512.Create(255L));
            Vector256<int> integers = Vector512.Narrow(value, value).GetLower();
            Vector128<short> shorts = Vector256.Narrow(integers, integers).GetLower();
            Vector128<byte> bytes = Vector128.Narrow(shorts.AsUInt16(), shorts.AsUInt16());
            MemoryMarshal.Write(y.Slice(c, 8), bytes.AsUInt64()[0]);
        }

        return c;
    }
}
