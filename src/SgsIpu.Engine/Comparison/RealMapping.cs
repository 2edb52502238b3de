using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SgsIpu.Core;

namespace SgsIpu.Engine.Comparison;

/// <summary>The real numbers that the elements of a tensor stand for, and back, a row of elements at a time.</summary>
internal sealed class RealMapping
{
    /// <summary>Rows are long enough to work on in vectors, and short enough for the first-level cache.</summary>
    private const int LeastRow = 1024;

    private readonly TensorSpec _spec;

    /// <summary>Of the elements of a row, where they are integers with a mapping.</summary>
    private readonly float[] _scale = [];
    private readonly float[] _zero = [];

    public RealMapping(TensorSpec spec)
    {
        _spec = spec;
        ElementSize = Math.Max(1, spec.Type.Bits() / 8);
        RowLength = LeastRow;
        if (spec.Quant is { } quant)
        {
            // A row is made of whole periods of the scales, so that all rows have the same.
            int inner = quant.IsPerTensor ? 1 : spec.Shape.Skip(quant.Axis + 1).Aggregate(1, (a, b) => a * b);
            int period = inner * quant.Scale.Length;
            RowLength = (LeastRow + period - 1) / period * period;
            _scale = [.. Enumerable.Range(0, RowLength).Select(i => (float)quant.Scale[i / inner % quant.Scale.Length])];
            _zero = [.. Enumerable.Range(0, RowLength).Select(i => (float)quant.ZeroOf(i / inner % quant.Scale.Length))];
        }
    }

    /// <summary>Elements that are mapped at once, at most.</summary>
    public int RowLength { get; }

    /// <summary>Bytes of an element.</summary>
    public int ElementSize { get; }

    /// <summary>All real numbers of a tensor.</summary>
    public static float[] All(TensorSpec spec, ReadOnlySpan<byte> values)
    {
        var real = new float[spec.Shape.Count];
        new RealMapping(spec).Read(values, real);
        return real;
    }

    /// <summary>The real numbers of all elements.</summary>
    public void Read(ReadOnlySpan<byte> values, Span<float> real)
    {
        for (int at = 0; at < real.Length; at += RowLength)
        {
            int count = Math.Min(RowLength, real.Length - at);
            ReadRow(values.Slice(at * ElementSize, count * ElementSize), real.Slice(at, count));
        }
    }

    /// <summary>The real numbers of a row, or of the beginning of one.</summary>
    public void ReadRow(ReadOnlySpan<byte> values, Span<float> real)
    {
        switch (_spec)
        {
            case { Quant: null, Type: DataType.Float32 }: values.CopyTo(MemoryMarshal.AsBytes(real)); break;
            case { Quant: not null, Type: DataType.UInt8 }: ReadRow(values, real, _scale, _zero); break;
            case { Quant: not null, Type: DataType.Int16 }: ReadRow(MemoryMarshal.Cast<byte, short>(values), real, _scale, _zero); break;
            default:
                new Tensor(_spec.Type, new Shape(real.Length), values.ToArray()).ToFloats().CopyTo(real);
                for (int i = 0; _spec.Quant is not null && i < real.Length; i++)
                {
                    real[i] = (real[i] - _zero[i]) * _scale[i];
                }

                break;
        }
    }

    /// <summary>Rounds real numbers to the nearest integers of the tensor, UINT8 or INT16, halves to the even ones.</summary>
    public void Write(ReadOnlySpan<float> real, Span<byte> values)
    {
        for (int at = 0; at < real.Length; at += RowLength)
        {
            ReadOnlySpan<float> row = real.Slice(at, Math.Min(RowLength, real.Length - at));
            if (_spec.Type == DataType.UInt8)
            {
                WriteRow(row, values.Slice(at, row.Length), _scale, _zero);
            }
            else
            {
                WriteRow(row, MemoryMarshal.Cast<byte, short>(values).Slice(at, row.Length), _scale, _zero);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReadRow(ReadOnlySpan<byte> values, Span<float> real, ReadOnlySpan<float> scale, ReadOnlySpan<float> zero)
    {
        int i = 0;
        for (; i <= values.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(Vector128.Create(values[i..]));
            Read(lower.AsInt16(), real[i..], scale[i..], zero[i..]);
            int next = i + Vector128<ushort>.Count;
            Read(upper.AsInt16(), real[next..], scale[next..], zero[next..]);
        }

        for (; i < values.Length; i++)
        {
            real[i] = (values[i] - zero[i]) * scale[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReadRow(ReadOnlySpan<short> values, Span<float> real, ReadOnlySpan<float> scale, ReadOnlySpan<float> zero)
    {
        int i = 0;
        for (; i <= values.Length - Vector128<short>.Count; i += Vector128<short>.Count)
        {
            Read(Vector128.Create(values[i..]), real[i..], scale[i..], zero[i..]);
        }

        for (; i < values.Length; i++)
        {
            real[i] = (values[i] - zero[i]) * scale[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Read(Vector128<short> values, Span<float> real, ReadOnlySpan<float> scale, ReadOnlySpan<float> zero)
    {
        Vector256<float> wide = Vector256.ConvertToSingle(Vector256.Create(Vector128.WidenLower(values), Vector128.WidenUpper(values)));
        ((wide - Vector256.Create(zero)) * Vector256.Create(scale)).CopyTo(real);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WriteRow(ReadOnlySpan<float> real, Span<byte> values, ReadOnlySpan<float> scale, ReadOnlySpan<float> zero)
    {
        int i = 0;
        for (; i <= real.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            int next = i + Vector128<short>.Count;
            Vector128<short> lower = Rounded(real[i..], scale[i..], zero[i..], byte.MinValue, byte.MaxValue);
            Vector128<short> upper = Rounded(real[next..], scale[next..], zero[next..], byte.MinValue, byte.MaxValue);
            Vector128.Narrow(lower.AsUInt16(), upper.AsUInt16()).CopyTo(values[i..]);
        }

        for (; i < real.Length; i++)
        {
            values[i] = (byte)Math.Clamp(MathF.Round(real[i] / scale[i]) + zero[i], byte.MinValue, byte.MaxValue);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WriteRow(ReadOnlySpan<float> real, Span<short> values, ReadOnlySpan<float> scale, ReadOnlySpan<float> zero)
    {
        int i = 0;
        for (; i <= real.Length - Vector128<short>.Count; i += Vector128<short>.Count)
        {
            Rounded(real[i..], scale[i..], zero[i..], -short.MaxValue, short.MaxValue).CopyTo(values[i..]);
        }

        for (; i < real.Length; i++)
        {
            values[i] = (short)Math.Clamp(MathF.Round(real[i] / scale[i]) + zero[i], -short.MaxValue, short.MaxValue);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Rounded(ReadOnlySpan<float> real, ReadOnlySpan<float> scale, ReadOnlySpan<float> zero, float low, float high)
    {
        Vector256<float> whole = Vector256.Round(Vector256.Create(real) / Vector256.Create(scale)) + Vector256.Create(zero);
        Vector256<int> integers = Vector256.ConvertToInt32(Vector256.Min(Vector256.Max(whole, Vector256.Create(low)), Vector256.Create(high)));
        return Vector128.Narrow(integers.GetLower(), integers.GetUpper());
    }
}
