using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>Quantization as the tests need it, straight from the definitions.</summary>
internal static class Quantization
{
    public static (double Min, double Max) Extremes(Tensor tensor)
    {
        float[] finite = [.. tensor.ToFloats().Where(float.IsFinite)];
        return finite.Length == 0 ? (0, 0) : (finite.Min(), finite.Max());
    }

    public static QuantParam MapOf(DataType type, double min, double max) => type == DataType.UInt8 ? QuantParam.UInt8(min, max) : QuantParam.Int16(min, max);

    /// <summary>round-half-even(x / scale) + zero, limited to the type.</summary>
    public static Tensor Quantize(Tensor tensor, DataType type, QuantParam map)
    {
        float[] values = tensor.ToFloats();
        var result = new Tensor(type, tensor.Shape);
        for (int i = 0; i < values.Length; i++)
        {
            double q = Math.Round(values[i] / map.Scale[0], MidpointRounding.ToEven) + map.ZeroPoint;
            Set(result, i, q);
        }

        return result;
    }

    public static Tensor Dequantize(Tensor tensor, QuantParam map)
    {
        long[] integers = tensor.ToLongs();
        int inner = map.IsPerTensor ? 1 : (int)new Shape(tensor.Shape.AsSpan()[(map.Axis + 1)..]).Count;
        var result = new float[integers.Length];
        for (int i = 0; i < result.Length; i++)
        {
            int channel = map.IsPerTensor ? 0 : i / inner % map.Scale.Length;
            result[i] = (float)((integers[i] - map.ZeroPoint) * map.Scale[channel]);
        }

        return Tensor.FromArray<float>(result, tensor.Shape);
    }

    /// <summary>Symmetric weights with one scale for each index along <paramref name="axis"/>.</summary>
    public static (Tensor Integers, QuantParam Map) Weights(Tensor tensor, int axis, DataType type)
    {
        double limit = type == DataType.Int8 ? 127 : 32767;
        float[] values = tensor.ToFloats();
        int channels = tensor.Shape[axis];
        int inner = (int)new Shape(tensor.Shape.AsSpan()[(axis + 1)..]).Count;
        var scales = new double[channels];
        for (int i = 0; i < values.Length; i++)
        {
            int c = i / inner % channels;
            scales[c] = Math.Max(scales[c], Math.Abs(values[i]) / limit);
        }

        scales = [.. scales.Select(s => s == 0 ? 1.0 : s)];
        var result = new Tensor(type, tensor.Shape);
        for (int i = 0; i < values.Length; i++)
        {
            Set(result, i, Math.Round(values[i] / scales[i / inner % channels], MidpointRounding.ToEven));
        }

        return (result, new QuantParam([.. scales], 0, axis));
    }

    /// <summary>A bias at the scale of the accumulator.</summary>
    public static (Tensor Integers, QuantParam Map) Bias(Tensor tensor, double inputScale, ImmutableArray<double> weightScales, DataType type)
    {
        float[] values = tensor.ToFloats();
        var result = new Tensor(type, tensor.Shape);
        double[] scales = [.. values.Select((_, i) => inputScale * weightScales[weightScales.Length == 1 ? 0 : i])];
        for (int i = 0; i < values.Length; i++)
        {
            Set(result, i, Math.Round(values[i] / scales[i], MidpointRounding.ToEven));
        }

        return (result, new QuantParam([.. scales], 0, scales.Length == 1 ? -1 : tensor.Shape.Rank - 1));
    }

    private static void Set(Tensor tensor, int index, double value)
    {
        switch (tensor.Type)
        {
            case DataType.UInt8: tensor.As<byte>()[index] = (byte)Math.Clamp(value, 0, 255); break;
            case DataType.Int8: tensor.As<sbyte>()[index] = (sbyte)Math.Clamp(value, -127, 127); break;
            case DataType.Int16: tensor.As<short>()[index] = (short)Math.Clamp(value, -32767, 32767); break;
            case DataType.Int32: tensor.As<int>()[index] = (int)Math.Clamp(value, int.MinValue, int.MaxValue); break;
            case DataType.Int64: tensor.As<long>()[index] = (long)value; break;
            default: throw new ArgumentException($"{tensor.Type} is no quantized type");
        }
    }
}
