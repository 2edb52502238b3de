using System.Runtime.InteropServices;

namespace SgsIpu.Core;

/// <summary>A dense, row-major array of one element type. The bytes are little-endian.</summary>
public sealed class Tensor
{
    private readonly byte[] _array;
    private readonly int _at;
    private readonly int _length;

    /// <summary>A zero-filled tensor.</summary>
    public Tensor(DataType type, Shape shape)
        : this(type, shape, new byte[checked((int)type.ByteCount(shape.Count))])
    {
    }

    /// <summary>Wraps <paramref name="bytes"/> without a copy.</summary>
    /// <exception cref="ArgumentException">The bytes do not match the type and shape.</exception>
    public Tensor(DataType type, Shape shape, byte[] bytes)
        : this(type, shape, new ArraySegment<byte>(bytes))
    {
    }

    private Tensor(DataType type, Shape shape, ArraySegment<byte> bytes)
    {
        if (bytes.Count != type.ByteCount(shape.Count))
        {
            throw new ArgumentException($"{type} {shape} takes {type.ByteCount(shape.Count)} bytes, not {bytes.Count}", nameof(bytes));
        }

        Type = type;
        Shape = shape;
        _array = bytes.Array!;
        _at = bytes.Offset;
        _length = bytes.Count;
    }

    public DataType Type { get; }

    public Shape Shape { get; }

    public long Count => Shape.Count;

    /// <summary>The raw little-endian bytes. A tensor that a graph holds is constant: do not write to it.</summary>
    public Span<byte> Bytes => new(_array, _at, _length);

    /// <summary>The raw bytes, to be read only: for writers that keep a reference instead of a copy.</summary>
    public ReadOnlyMemory<byte> Memory => new(_array, _at, _length);

    /// <summary>A constant over a part of a file in memory, without a copy where that is an array. Neither side may write to the bytes afterwards.</summary>
    /// <exception cref="ArgumentException">The bytes do not match the type and shape.</exception>
    public static Tensor Over(DataType type, Shape shape, ReadOnlyMemory<byte> bytes) =>
        new(type, shape, MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> shared) ? shared : new ArraySegment<byte>(bytes.ToArray()));

    public static Tensor FromArray<T>(ReadOnlySpan<T> values, Shape shape)
        where T : unmanaged
        => new(TypeOf<T>(), shape, MemoryMarshal.AsBytes(values).ToArray());

    public static Tensor FromArray<T>(T[] values, params ReadOnlySpan<int> shape)
        where T : unmanaged
        => FromArray<T>(values.AsSpan(), new Shape(shape));

    public static Tensor Scalar<T>(T value)
        where T : unmanaged
        => FromArray<T>([value], Shape.Scalar);

    /// <summary>The elements as <typeparamref name="T"/>, which must be the tensor's own element type.</summary>
    public Span<T> As<T>()
        where T : unmanaged
    {
        if (TypeOf<T>() != Type)
        {
            throw new InvalidOperationException($"a {Type} tensor was read as {typeof(T).Name}");
        }

        return MemoryMarshal.Cast<byte, T>(Bytes);
    }

    /// <summary>The same elements under another shape of the same count; shares the bytes.</summary>
    public Tensor Reshape(Shape shape) => new(Type, shape, new ArraySegment<byte>(_array, _at, _length));

    /// <summary>The elements converted to single precision; no scale is applied.</summary>
    public float[] ToFloats()
    {
        var result = new float[Count];
        switch (Type)
        {
            case DataType.Float32: As<float>().CopyTo(result); break;
            case DataType.Float64: Convert<double>(result, static v => (float)v); break;
            case DataType.Float16: Convert<Half>(result, static v => (float)v); break;
            case DataType.UInt8: Convert<byte>(result, static v => v); break;
            case DataType.Int8: Convert<sbyte>(result, static v => v); break;
            case DataType.Int16: Convert<short>(result, static v => v); break;
            case DataType.UInt16: Convert<ushort>(result, static v => v); break;
            case DataType.Int32: Convert<int>(result, static v => v); break;
            case DataType.Int64: Convert<long>(result, static v => v); break;
            case DataType.Bool: Convert<bool>(result, static v => v ? 1 : 0); break;
            case DataType.Int4: Array.Copy(Int4.Unpack(this), result, result.Length); break;
            default: throw new InvalidOperationException($"{Type} elements have no float view");
        }

        return result;
    }

    /// <summary>The elements as 64-bit integers, for shapes, axes and indices.</summary>
    /// <exception cref="InvalidOperationException">The tensor holds no integers.</exception>
    public long[] ToLongs()
    {
        var result = new long[Count];
        switch (Type)
        {
            case DataType.Int64: As<long>().CopyTo(result); break;
            case DataType.Int32: Convert<int>(result, static v => v); break;
            case DataType.Int16: Convert<short>(result, static v => v); break;
            case DataType.UInt16: Convert<ushort>(result, static v => v); break;
            case DataType.UInt8: Convert<byte>(result, static v => v); break;
            case DataType.Int8: Convert<sbyte>(result, static v => v); break;
            case DataType.Bool: Convert<bool>(result, static v => v ? 1 : 0); break;
            case DataType.Int4: Array.Copy(Int4.Unpack(this), result, result.Length); break;
            default: throw new InvalidOperationException($"a {Type} tensor holds no integers");
        }

        return result;
    }

    public int[] ToInts() => [.. ToLongs().Select(static v => checked((int)v))];

    /// <summary>A copy with its dimensions reordered; see <see cref="Shape.Permute"/>.</summary>
    public Tensor Transpose(params ReadOnlySpan<int> permutation)
    {
        int width = Type.Bits() / 8;
        if (width == 0)
        {
            throw new InvalidOperationException($"{Type} elements are packed and cannot be transposed");
        }

        Shape shape = Shape.Permute(permutation);
        var result = new Tensor(Type, shape);
        var steps = new int[shape.Rank];
        int[] source = Shape.Strides();
        int last = -1;
        bool inOrder = true;
        for (int d = 0; d < steps.Length; d++)
        {
            steps[d] = source[permutation[d]];
            if (shape[d] > 1)
            {
                inOrder &= permutation[d] > last;
                last = permutation[d];
            }
        }

        // Where only dimensions of 1 move, elements stay.
        if (inOrder)
        {
            Bytes.CopyTo(result.Bytes);
            return result;
        }

        switch (width)
        {
            case 1: Gather(Bytes, result.Bytes, shape, steps); break;
            case 2: Gather(MemoryMarshal.Cast<byte, ushort>(Bytes), MemoryMarshal.Cast<byte, ushort>(result.Bytes), shape, steps); break;
            case 4: Gather(MemoryMarshal.Cast<byte, uint>(Bytes), MemoryMarshal.Cast<byte, uint>(result.Bytes), shape, steps); break;
            default: Gather(MemoryMarshal.Cast<byte, ulong>(Bytes), MemoryMarshal.Cast<byte, ulong>(result.Bytes), shape, steps); break;
        }

        return result;
    }

    public static DataType TypeOf<T>()
        where T : unmanaged
    {
        if (typeof(T) == typeof(float)) { return DataType.Float32; }
        if (typeof(T) == typeof(byte)) { return DataType.UInt8; }
        if (typeof(T) == typeof(sbyte)) { return DataType.Int8; }
        if (typeof(T) == typeof(short)) { return DataType.Int16; }
        if (typeof(T) == typeof(ushort)) { return DataType.UInt16; }
        if (typeof(T) == typeof(int)) { return DataType.Int32; }
        if (typeof(T) == typeof(long)) { return DataType.Int64; }
        if (typeof(T) == typeof(bool)) { return DataType.Bool; }
        if (typeof(T) == typeof(double)) { return DataType.Float64; }
        if (typeof(T) == typeof(Half)) { return DataType.Float16; }
        throw new ArgumentException($"{typeof(T).Name} is no tensor element type");
    }

    /// <summary>Writes the elements of a shape in order, each dimension of which has its own step in the source.</summary>
    private static void Gather<T>(ReadOnlySpan<T> source, Span<T> result, Shape shape, ReadOnlySpan<int> steps)
    {
        int row = shape[-1];
        int step = steps[^1];
        var index = new int[shape.Rank];
        int offset = 0;
        for (int o = 0; o < result.Length; o += row)
        {
            Span<T> to = result.Slice(o, row);
            for (int i = 0, from = offset; i < to.Length; i++, from += step)
            {
                to[i] = source[from];
            }

            for (int d = index.Length - 2; d >= 0; d--)
            {
                offset += steps[d];
                if (++index[d] < shape[d])
                {
                    break;
                }

                offset -= steps[d] * shape[d];
                index[d] = 0;
            }
        }
    }

    public override string ToString() => $"{Type} {Shape}";

    private void Convert<T>(float[] target, Func<T, float> convert)
        where T : unmanaged
    {
        Span<T> source = As<T>();
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = convert(source[i]);
        }
    }

    private void Convert<T>(long[] target, Func<T, long> convert)
        where T : unmanaged
    {
        Span<T> source = As<T>();
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = convert(source[i]);
        }
    }
}
