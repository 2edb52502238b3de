using SgsIpu.Core;
using SkiaSharp;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>JPEG, PNG, BMP, GIF and WebP by SkiaSharp.</summary>
public sealed class SkiaImageDecoder : IImageDecoder
{
    private const long LargestArea = 1 << 28;

    public static SkiaImageDecoder Instance { get; } = new();

    public RgbImage Decode(ReadOnlySpan<byte> file, string name)
    {
        using SKData data = SKData.CreateCopy(file);
        using SKCodec codec = SKCodec.Create(data) ?? throw Unreadable(name, "it is no JPEG, PNG, BMP, GIF or WebP image");
        SKImageInfo size = codec.Info;
        if ((long)size.Width * size.Height > LargestArea)
        {
            throw Unreadable(name, $"{size.Width}×{size.Height} pixels are more than can be processed");
        }

        // Unpremultiplied, so that dropping alpha leaves the colours as the file has them.
        using var bitmap = new SKBitmap(new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        SKCodecResult result = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
        if (result is not SKCodecResult.Success)
        {
            throw Unreadable(name, result == SKCodecResult.IncompleteInput ? "it is cut off" : $"it is damaged ({result})");
        }

        var image = new RgbImage(size.Width, size.Height, 3);
        ReadOnlySpan<byte> from = bitmap.GetPixelSpan();
        for (int i = 0, o = 0; o < image.Pixels.Length; i += 4, o += 3)
        {
            image.Pixels[o] = from[i];
            image.Pixels[o + 1] = from[i + 1];
            image.Pixels[o + 2] = from[i + 2];
        }

        return image;
    }

    private static IpuException Unreadable(string name, string why) => new("ImageUnreadable", $"image '{name}' cannot be decoded: {why}") { Target = name };
}
