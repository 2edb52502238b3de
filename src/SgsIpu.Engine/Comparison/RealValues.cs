using SgsIpu.Core;

namespace SgsIpu.Engine.Comparison;

/// <summary>The real numbers that integers stand for, and back.</summary>
internal static class RealValues
{
    /// <summary>Real values of a tensor of any model.</summary>
    public static float[] Of(TensorSpec spec, Tensor value)
    {
        float[] real = value.ToFloats();
        if (spec.Quant is not { } quant)
        {
            return real;
        }

        (int channels, int inner) = Layout(spec, quant);
        for (int i = 0; i < real.Length; i++)
        {
            real[i] = (float)((real[i] - quant.ZeroPoint) * quant.Scale[channels == 1 ? 0 : i / inner % channels]);
        }

        return real;
    }

    /// <summary>Rounds real values to the integers of a tensor, clamped to its type.</summary>
    public static void Quantize(TensorSpec spec, ReadOnlySpan<float> real, Span<byte> into)
    {
        QuantParam quant = spec.Quant!;
        (int channels, int inner) = Layout(spec, quant);
        Span<short> words = spec.Type == DataType.Int16 ? System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(into) : [];
        for (int i = 0; i < real.Length; i++)
        {
            double q = Math.Round(real[i] / quant.Scale[channels == 1 ? 0 : i / inner % channels], MidpointRounding.ToEven) + quant.ZeroPoint;
            if (spec.Type == DataType.Int16)
            {
                words[i] = (short)Math.Clamp(q, -short.MaxValue, short.MaxValue);
            }
            else
            {
                into[i] = (byte)Math.Clamp(q, byte.MinValue, byte.MaxValue);
            }
        }
    }

    private static (int Channels, int Inner) Layout(TensorSpec spec, QuantParam quant) => quant.IsPerTensor
        ? (1, 1)
        : (quant.Scale.Length, spec.Shape.Skip(quant.Axis + 1).Aggregate(1, (a, b) => a * b));
}
