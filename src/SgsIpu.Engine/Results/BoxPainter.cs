using SgsIpu.Core;
using SkiaSharp;

namespace SgsIpu.Engine.Results;

/// <summary>Draws detections over the picture that they were found in.</summary>
public static class BoxPainter
{
    private static readonly SKColor[] Colours = [SKColors.Red, SKColors.Lime, SKColors.DodgerBlue, SKColors.Orange, SKColors.Magenta, SKColors.Cyan];

    /// <summary>Width and height of a picture in pixels.</summary>
    /// <exception cref="IpuException">The file is no picture (id <c>ImageUnreadable</c>).</exception>
    public static (int Width, int Height) SizeOf(string picture)
    {
        using SKCodec codec = SKCodec.Create(picture) ?? throw Unreadable(picture);
        bool turned = codec.EncodedOrigin >= SKEncodedOrigin.LeftTop;
        return turned ? (codec.Info.Height, codec.Info.Width) : (codec.Info.Width, codec.Info.Height);
    }

    /// <summary>The picture as PNG with a frame for each box.</summary>
    /// <exception cref="IpuException">The file is no picture (id <c>ImageUnreadable</c>).</exception>
    public static byte[] Draw(string picture, IEnumerable<DetectedBox> boxes)
    {
        ArgumentNullException.ThrowIfNull(boxes);
        using SKBitmap bitmap = SKBitmap.Decode(picture) ?? throw Unreadable(picture);
        using var canvas = new SKCanvas(bitmap);
        using var pen = new SKPaint { Style = SKPaintStyle.Stroke, StrokeWidth = Math.Max(1, Math.Min(bitmap.Width, bitmap.Height) / 200f) };
        foreach (DetectedBox box in boxes)
        {
            pen.Color = Colours[(box.Class & int.MaxValue) % Colours.Length];
            canvas.DrawRect(new SKRect(box.X1 * bitmap.Width, box.Y1 * bitmap.Height, box.X2 * bitmap.Width, box.Y2 * bitmap.Height), pen);
        }

        canvas.Flush();
        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    private static IpuException Unreadable(string picture) => new("ImageUnreadable", $"'{picture}' is no picture that can be decoded") { Target = picture };
}
