using System.Globalization;
using SgsIpu.Core;

namespace SgsIpu.PowerShell;

/// <summary>Makes of what a script hands over what an input of a model takes, and says clearly where that is not possible.</summary>
internal static class SessionInput
{
    /// <param name="value">Any type; flat, of the input's shape, or that without its leading 1.</param>
    /// <param name="spec">What the input takes.</param>
    /// <param name="batches">True where several items may be stacked along the outermost dimension.</param>
    /// <exception cref="IpuException">The shape does not fit (id <c>InputMismatch</c>), or a value does not fit the type (<c>InputRange</c>).</exception>
    public static Tensor Fit(Tensor value, TensorSpec spec, bool batches)
    {
        Shape shape = ShapeOf(value, spec, batches);
        if (value.Type == spec.Type)
        {
            return value.Reshape(shape);
        }

        // Real numbers for a quantized input are rounded by its scale; whole numbers are what the board hands over.
        return value.Type.IsFloat() && spec.Quant is { IsPerTensor: true } quant && spec.Type is DataType.UInt8 or DataType.Int16
            ? Whole(value.ToFloats().Select(v => Math.Clamp(Math.Round(v / quant.Scale[0], MidpointRounding.ToEven) + quant.ZeroPoint, Least(spec.Type), Greatest(spec.Type))), spec, shape)
            : spec.Type switch
            {
                DataType.Float32 => Tensor.FromArray<float>(value.ToFloats(), shape),
                DataType.Bool => new Tensor(DataType.Bool, shape, [.. value.ToFloats().Select(v => v != 0 ? (byte)1 : (byte)0)]),
                _ => value.Type.IsFloat() ? Whole(Doubles(value), spec, shape) : Whole(value.ToLongs().Select(v => (double)v), spec, shape),
            };
    }

    private static Shape ShapeOf(Tensor value, TensorSpec spec, bool batches)
    {
        bool flat = value.Shape.Rank <= 1;
        long items = batches && spec.Shape.Rank > 0 && spec.Shape.Count > 0 ? value.Count / spec.Shape.Count : 1;
        Shape wanted = items > 1 ? spec.Shape.With(0, checked((int)(spec.Shape[0] * items))) : spec.Shape;
        bool unbatched = spec.Shape.Rank > 0 && spec.Shape[0] == 1 && value.Shape.SequenceEqual(spec.Shape.Skip(1));
        if (value.Count != wanted.Count || !(flat || value.Shape == wanted || unbatched))
        {
            throw new IpuException(
                "InputMismatch",
                $"input '{spec.Name}' takes {spec.Type} {spec.Shape} ({spec.Shape.Count} values), not {value} ({value.Count} values)",
                IpuErrorKind.InvalidArgument) { Target = spec.Name };
        }

        return wanted;
    }

    private static IEnumerable<double> Doubles(Tensor value) => value.Type == DataType.Float64 ? value.As<double>().ToArray() : value.ToFloats().Select(v => (double)v);

    private static Tensor Whole(IEnumerable<double> values, TensorSpec spec, Shape shape)
    {
        var result = new Tensor(spec.Type, shape);
        double least = Least(spec.Type);
        double greatest = Greatest(spec.Type);
        int i = 0;
        foreach (double v in values)
        {
            if (!(v >= least && v <= greatest) || v != Math.Floor(v))
            {
                throw new IpuException(
                    "InputRange",
                    string.Create(CultureInfo.InvariantCulture, $"input '{spec.Name}' takes whole numbers from {least} to {greatest}; value {i} is {v}"),
                    IpuErrorKind.InvalidArgument) { Target = spec.Name };
            }

            switch (spec.Type)
            {
                case DataType.UInt8: result.As<byte>()[i] = (byte)v; break;
                case DataType.Int8: result.As<sbyte>()[i] = (sbyte)v; break;
                case DataType.Int16: result.As<short>()[i] = (short)v; break;
                case DataType.UInt16: result.As<ushort>()[i] = (ushort)v; break;
                case DataType.Int32: result.As<int>()[i] = (int)v; break;
                default: result.As<long>()[i] = (long)v; break;
            }

            i++;
        }

        return result;
    }

    private static double Least(DataType type) => type switch
    {
        DataType.UInt8 or DataType.UInt16 => 0,
        DataType.Int8 => sbyte.MinValue,
        DataType.Int16 => short.MinValue,
        DataType.Int32 => int.MinValue,
        DataType.Int64 => -(double)(1L << 53),
        _ => throw new IpuException("InputMismatch", $"a session cannot set inputs of {type}", IpuErrorKind.NotSupported),
    };

    private static double Greatest(DataType type) => type switch
    {
        DataType.UInt8 => byte.MaxValue,
        DataType.UInt16 => ushort.MaxValue,
        DataType.Int8 => sbyte.MaxValue,
        DataType.Int16 => short.MaxValue,
        DataType.Int32 => int.MaxValue,
        _ => 1L << 53,
    };
}
