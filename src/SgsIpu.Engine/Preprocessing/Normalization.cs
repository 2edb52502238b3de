using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>(v − mean) / deviation for the channels of an image, and back.</summary>
internal static class Normalization
{
    /// <param name="image">[..., C] in the order <paramref name="colour"/>, of any type.</param>
    /// <param name="setting">Null, or without mean and deviation: the values as real numbers.</param>
    /// <returns>FLOAT32 of the same shape.</returns>
    public static Tensor Apply(Tensor image, InputSetting? setting, ImageFormat colour)
    {
        float[] values = image.ToFloats();
        int channels = image.Shape[-1];
        for (int c = 0; c < channels; c++)
        {
            (float mean, float deviation) = Of(setting, colour, c, channels);
            for (int i = c; i < values.Length; i += channels)
            {
                values[i] = (values[i] - mean) / deviation;
            }
        }

        return Tensor.FromArray<float>(values, image.Shape);
    }

    /// <summary>The nearest UINT8 image of normalized values.</summary>
    public static Tensor Revert(Tensor values, InputSetting? setting, ImageFormat colour)
    {
        float[] normalized = values.ToFloats();
        var image = new Tensor(DataType.UInt8, values.Shape);
        int channels = values.Shape[-1];
        for (int c = 0; c < channels; c++)
        {
            (float mean, float deviation) = Of(setting, colour, c, channels);
            for (int i = c; i < normalized.Length; i += channels)
            {
                image.Bytes[i] = (byte)Math.Clamp(MathF.Round((normalized[i] * deviation) + mean), 0, 255);
            }
        }

        return image;
    }

    /// <summary>Mean and deviation of a channel; the configuration has them in the order RGB.</summary>
    private static (float Mean, float Deviation) Of(InputSetting? setting, ImageFormat colour, int channel, int channels)
    {
        int rgb = colour == ImageFormat.BGR ? channels - 1 - channel : channel;
        return (At(setting?.Mean ?? [], rgb, 0), At(setting?.Std ?? [], rgb, 1));
    }

    private static float At(ImmutableArray<float> values, int channel, float absent) =>
        values.IsDefaultOrEmpty ? absent : values[values.Length == 1 ? 0 : Math.Min(channel, values.Length - 1)];
}
