using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SgsIpu.Core;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>
/// Rescales a tensor with one scale to UINT8 with a scale for each channel (last dimension), with integers only:
/// <c>clamp(floor((x − zeroX) · M[c] / 2^Shift + 1/2) + zeroY)</c>. The largest multiplier has 29 bits, so that the relative error of a
/// scale is at most 2^-29 · largest / scale.
/// </summary>
public sealed class ChannelRescaleKernel
{
    private readonly DataType _input;
    private readonly int _zeroX;
    private readonly int _zeroY;
    private readonly int _shift;
    private readonly long[] _multipliers;
    private readonly KernelForm _form;

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
    }

    public void Run(ReadOnlySpan<byte> x, Span<byte> y)
    {
        if (_input == DataType.UInt8)
        {
            Rows(x, y);
        }
        else
        {
            Rows(MemoryMarshal.Cast<byte, short>(x), y);
        }
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
