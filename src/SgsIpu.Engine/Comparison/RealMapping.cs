using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SgsIpu.Core;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

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
        switch (_spec.Type)
        {
            case DataType.UInt8: Widen(values, real); break;
            case DataType.Int16: Widen(MemoryMarshal.Cast<byte, short>(values), real); break;
            case DataType.Float32: values.CopyTo(MemoryMarshal.AsBytes(real)); break;
            default: new Tensor(_spec.Type, new Shape(real.Length), values.ToArray()).ToFloats().CopyTo(real); break;
        }

        if (_scale.Length > 0)
        {
            TensorPrimitives.Subtract(real, _zero.AsSpan(0, real.Length), real);
            TensorPrimitives.Multiply(real, _scale.AsSpan(0, real.Length), real);
        }
    }

    /// <summary>Rounds real numbers to the nearest integers of the tensor, UINT8 or INT16, halves to the even ones.</summary>
    public void Write(ReadOnlySpan<float> real, Span<byte> values)
    {
        (float low, float high) = _spec.Type == DataType.UInt8 ? (byte.MinValue, byte.MaxValue) : (-short.MaxValue, short.MaxValue);
        float[] rented = ArrayPool<float>.Shared.Rent(RowLength);
        for (int at = 0; at < real.Length; at += RowLength)
        {
            Span<float> row = rented.AsSpan(0, Math.Min(RowLength, real.Length - at));
            TensorPrimitives.Divide(real.Slice(at, row.Length), _scale.AsSpan(0, row.Length), row);
            TensorPrimitives.Round<float>(row, row);
            TensorPrimitives.Add(row, _zero.AsSpan(0, row.Length), row);
            TensorPrimitives.Max(row, low, row);
            TensorPrimitives.Min(row, high, row);
            if (_spec.Type == DataType.UInt8)
            {
                Narrow(row, values.Slice(at, row.Length));
            }
            else
            {
                Narrow(row, MemoryMarshal.Cast<byte, short>(values).Slice(at, row.Length));
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    private static void Widen(ReadOnlySpan<byte> values, Span<float> real)
    {
        int i = 0;
        for (; i <= values.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(Vector128.Create(values[i..]));
            Widen(lower.AsInt16(), real[i..]);
            Widen(upper.AsInt16(), real[(i + Vector128<ushort>.Count)..]);
        }

        for (; i < values.Length; i++)
        {
            real[i] = values[i];
        }
    }

    private static void Widen(ReadOnlySpan<short> values, Span<float> real)
    {
        int i = 0;
        for (; i <= values.Length - Vector128<short>.Count; i += Vector128<short>.Count)
        {
            Widen(Vector128.Create(values[i..]), real[i..]);
        }

        for (; i < values.Length; i++)
        {
            real[i] = values[i];
        }
    }

    private static void Widen(Vector128<short> values, Span<float> real)
    {
        (Vector128<int> lower, Vector128<int> upper) = Vector128.Widen(values);
        Vector128.ConvertToSingle(lower).CopyTo(real);
        Vector128.ConvertToSingle(upper).CopyTo(real[Vector128<int>.Count..]);
    }

    private static void Narrow(ReadOnlySpan<float> real, Span<byte> values)
    {
        int i = 0;
        for (; i <= real.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            Vector128.Narrow(Narrow(real[i..]).AsUInt16(), Narrow(real[(i + Vector128<short>.Count)..]).AsUInt16()).CopyTo(values[i..]);
        }

        for (; i < real.Length; i++)
        {
            values[i] = (byte)real[i];
        }
    }

    private static void Narrow(ReadOnlySpan<float> real, Span<short> values)
    {
        int i = 0;
        for (; i <= real.Length - Vector128<short>.Count; i += Vector128<short>.Count)
        {
            Narrow(real[i..]).CopyTo(values[i..]);
        }

        for (; i < real.Length; i++)
        {
            values[i] = (short)real[i];
        }
    }

    /// <summary>Whole numbers within INT16.</summary>
    private static Vector128<short> Narrow(ReadOnlySpan<float> real) =>
        Vector128.Narrow(Vector128.ConvertToInt32(Vector128.Create(real)), Vector128.ConvertToInt32(Vector128.Create(real[Vector128<float>.Count..])));
}
