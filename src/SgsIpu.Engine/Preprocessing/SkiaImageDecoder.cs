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

        return Upright(bitmap.GetPixelSpan(), size.Width, size.Height, codec.EncodedOrigin);
    }

    /// <summary>Drops alpha and turns the image as its EXIF orientation says, as OpenCV's imread does.</summary>
    private static RgbImage Upright(ReadOnlySpan<byte> rgba, int width, int height, SKEncodedOrigin origin)
    {
        // Orientations from LeftTop on swap the sides; a target pixel (x, y) then comes from column y and row x.
        bool swapped = origin >= SKEncodedOrigin.LeftTop;
        bool fromRight = origin is SKEncodedOrigin.TopRight or SKEncodedOrigin.BottomRight or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        bool fromBottom = origin is SKEncodedOrigin.BottomRight or SKEncodedOrigin.BottomLeft or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom;
        var image = swapped ? new RgbImage(height, width, 3) : new RgbImage(width, height, 3);
        int o = 0;
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++, o += 3)
            {
                int column = swapped ? y : x;
                int row = swapped ? x : y;
                int i = (((fromBottom ? height - 1 - row : row) * width) + (fromRight ? width - 1 - column : column)) * 4;
                image.Pixels[o] = rgba[i];
                image.Pixels[o + 1] = rgba[i + 1];
                image.Pixels[o + 2] = rgba[i + 2];
            }
        }

        return image;
    }

    private static IpuException Unreadable(string name, string why) => new("ImageUnreadable", $"image '{name}' cannot be decoded: {why}") { Target = name };
}
