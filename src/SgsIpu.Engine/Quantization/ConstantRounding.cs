using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization;

/// <summary>Rounds constants that are no weights.</summary>
internal static class ConstantRounding
{
    /// <summary>The mapping that covers the values themselves.</summary>
    public static QuantParam MappingOf(ReadOnlySpan<float> values, DataType type)
    {
        float min = 0;
        float max = 0;
        foreach (float v in values)
        {
            min = Math.Min(min, v);
            max = Math.Max(max, v);
        }

        return type == DataType.UInt8 ? QuantParam.UInt8(min, max) : QuantParam.Int16(min, max);
    }

    /// <summary>UINT8 or INT16 integers of real values, clamped to the type.</summary>
    public static Tensor Round(ReadOnlySpan<float> values, Shape shape, DataType type, QuantParam mapping)
    {
        var result = new Tensor(type, shape);
        for (int i = 0; i < values.Length; i++)
        {
            double q = Math.Round(values[i] / mapping.Scale[0], MidpointRounding.ToEven) + mapping.ZeroPoint;
            if (type == DataType.UInt8)
            {
                result.As<byte>()[i] = (byte)Math.Clamp(q, 0, 255);
            }
            else
            {
                result.As<short>()[i] = (short)Math.Clamp(q, -short.MaxValue, short.MaxValue);
            }
        }

        return result;
    }

    /// <summary>A bias in units of input scale times weight scale: INT32, or INT64 for 16-bit convolutions.</summary>
    /// <param name="unit">One unit, or one a channel.</param>
    public static Tensor RoundBias(ReadOnlySpan<float> bias, ReadOnlySpan<double> unit, bool wide)
    {
        var result = new Tensor(wide ? DataType.Int64 : DataType.Int32, new Shape(bias.Length));
        for (int c = 0; c < bias.Length; c++)
        {
            double q = Math.Round(bias[c] / unit[unit.Length == 1 ? 0 : c], MidpointRounding.ToEven);
            if (wide)
            {
                result.As<long>()[c] = (long)Math.Clamp(q, -(1L << 60), 1L << 60);
            }
            else
            {
                result.As<int>()[c] = (int)Math.Clamp(q, -int.MaxValue, int.MaxValue);
            }
        }

        return result;
    }

    /// <summary>A rounded bias with something added.</summary>
    /// <param name="shift">Real numbers, by output channel.</param>
    public static Tensor Shifted(Tensor bias, QuantParam unit, ReadOnlySpan<double> shift)
    {
        var result = new Tensor(bias.Type, bias.Shape);
        for (int c = 0; c < shift.Length; c++)
        {
            double add = Math.Round(shift[c] / unit.Scale[unit.IsPerTensor ? 0 : c], MidpointRounding.ToEven);
            if (bias.Type == DataType.Int64)
            {
                result.As<long>()[c] = (long)Math.Clamp(bias.As<long>()[c] + add, -(1L << 60), 1L << 60);
            }
            else
            {
                result.As<int>()[c] = (int)Math.Clamp(bias.As<int>()[c] + add, -int.MaxValue, int.MaxValue);
            }
        }

        return result;
    }
}
