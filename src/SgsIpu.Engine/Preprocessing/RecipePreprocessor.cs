using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Files;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>Decodes an image, follows a recipe, and normalizes as the configuration says.</summary>
/// <param name="training">The order of the channels where the recipe names none.</param>
internal sealed class RecipePreprocessor(Recipe recipe, InputSetting? setting, ImageFormat training, IImageDecoder decoder) : IPreprocessor
{
    private readonly ImageFormat _colour = recipe.Colour ?? training;

    public Recipe Recipe => recipe;

    public Tensor Read(string path, bool norm, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RgbImage decoded = decoder.Decode(InputFile.Read(path), path);
        cancellationToken.ThrowIfCancellationRequested();
        RgbImage image = recipe.Apply(decoded, _colour);
        Tensor pixels = new(DataType.UInt8, new Shape(1, image.Height, image.Width, image.Channels), image.Pixels);
        return norm ? Normalization.Apply(pixels, setting, _colour) : pixels;
    }

    public void Dispose()
    {
    }
}
