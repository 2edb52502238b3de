using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Files;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>Decodes an image, follows a recipe, and normalizes as the configuration says.</summary>
internal sealed class RecipePreprocessor(Recipe recipe, InputSetting? setting, IImageDecoder decoder) : IPreprocessor
{
    public Tensor Read(string path, bool norm, CancellationToken cancellationToken)
    {
        RgbImage image = recipe.Apply(decoder.Decode(InputFile.Read(path), path), setting?.TrainingFormat ?? ImageFormat.RGB);
        var shape = new Shape(1, image.Height, image.Width, image.Channels);
        return norm ? Tensor.FromArray<float>(Normalized(image), shape) : Tensor.FromArray<byte>(image.Pixels, shape);
    }

    public void Dispose()
    {
    }

    private float[] Normalized(RgbImage image)
    {
        var values = new float[image.Pixels.Length];
        for (int c = 0; c < image.Channels; c++)
        {
            int rgb = setting?.TrainingFormat == ImageFormat.BGR ? image.Channels - 1 - c : c;
            float mean = At(setting?.Mean ?? [], rgb, 0);
            float deviation = At(setting?.Std ?? [], rgb, 1);
            for (int i = c; i < values.Length; i += image.Channels)
            {
                values[i] = (image.Pixels[i] - mean) / deviation;
            }
        }

        return values;
    }

    private static float At(System.Collections.Immutable.ImmutableArray<float> values, int channel, float absent) =>
        values.IsDefaultOrEmpty ? absent : values[values.Length == 1 ? 0 : channel];
}
