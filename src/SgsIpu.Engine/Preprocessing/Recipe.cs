using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>What is done to a decoded image, in this order: letterbox or resize, centre crop, colour.</summary>
public sealed record Recipe
{
    private const long LargestArea = 1 << 28;

    /// <summary>Length of the shorter side after resizing; 0 for none.</summary>
    public int ShorterSide { get; init; }

    /// <summary>Size after resizing, whatever the proportions; null for none.</summary>
    public (int Width, int Height)? Size { get; init; }

    /// <summary>Size that the image is fitted into with its proportions kept; null for none.</summary>
    public (int Width, int Height)? Letterbox { get; init; }

    /// <summary>True puts the image of a letterbox at the top left, false in the middle.</summary>
    public bool TopLeft { get; init; }

    /// <summary>Grey level of a letterbox's border.</summary>
    public byte Pad { get; init; } = 114;

    /// <summary>Size cut out of the middle; null for none.</summary>
    public (int Width, int Height)? Crop { get; init; }

    public Interpolation Interpolation { get; init; }

    /// <summary>RGB, BGR or GRAY; the training format where null.</summary>
    public ImageFormat? Colour { get; init; }

    /// <summary>Applies the recipe.</summary>
    /// <param name="image">Red, green, blue.</param>
    /// <param name="training">The order of the channels where the recipe names none.</param>
    /// <exception cref="IpuException">The crop is larger than the image (id <c>RecipeCrop</c>), or the shorter side makes a long image too large (<c>RecipeSize</c>).</exception>
    public RgbImage Apply(RgbImage image, ImageFormat training)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (Letterbox is { } box)
        {
            image = Boxed(image, box.Width, box.Height);
        }
        else if (Size is { } size)
        {
            image = ImageResizer.Resize(image, size.Width, size.Height, Interpolation);
        }
        else if (ShorterSide > 0)
        {
            image = Proportional(image);
        }

        if (Crop is { } crop)
        {
            image = Cropped(image, crop.Width, crop.Height);
        }

        return (Colour ?? training) switch
        {
            ImageFormat.GRAY => Grey(image),
            ImageFormat.BGR => Reversed(image),
            _ => image,
        };
    }

    private RgbImage Proportional(RgbImage image)
    {
        long longer = (long)ShorterSide * Math.Max(image.Width, image.Height) / Math.Min(image.Width, image.Height);
        if (longer * ShorterSide > LargestArea)
        {
            throw new IpuException("RecipeSize", $"an image of {image.Width}×{image.Height} with {ShorterSide} as its shorter side has {longer * ShorterSide} pixels, which are more than can be processed", IpuErrorKind.InvalidArgument);
        }

        return image.Width < image.Height
            ? ImageResizer.Resize(image, ShorterSide, (int)longer, Interpolation)
            : ImageResizer.Resize(image, (int)longer, ShorterSide, Interpolation);
    }

    private RgbImage Boxed(RgbImage image, int width, int height)
    {
        double ratio = Math.Min((double)height / image.Height, (double)width / image.Width);
        RgbImage inner = ImageResizer.Resize(
            image,
            Math.Clamp((int)Math.Round(image.Width * ratio, MidpointRounding.ToEven), 1, width),
            Math.Clamp((int)Math.Round(image.Height * ratio, MidpointRounding.ToEven), 1, height),
            Interpolation);

        // An odd border is one pixel wider at the right and the bottom, as YOLO's letterbox has it.
        int left = TopLeft ? 0 : (width - inner.Width) / 2;
        int top = TopLeft ? 0 : (height - inner.Height) / 2;
        var result = new RgbImage(width, height, image.Channels);
        Array.Fill(result.Pixels, Pad);
        for (int y = 0; y < inner.Height; y++)
        {
            inner.Row(y).CopyTo(result.Row(top + y)[(left * image.Channels)..]);
        }

        return result;
    }

    private static RgbImage Cropped(RgbImage image, int width, int height)
    {
        if (width > image.Width || height > image.Height)
        {
            throw new IpuException("RecipeCrop", $"a crop of {width}×{height} does not fit an image of {image.Width}×{image.Height}; resize it first", IpuErrorKind.InvalidArgument);
        }

        int left = (int)Math.Round((image.Width - width) / 2.0, MidpointRounding.ToEven);
        int top = (int)Math.Round((image.Height - height) / 2.0, MidpointRounding.ToEven);
        var result = new RgbImage(width, height, image.Channels);
        for (int y = 0; y < height; y++)
        {
            image.Row(top + y).Slice(left * image.Channels, width * image.Channels).CopyTo(result.Row(y));
        }

        return result;
    }

    private static RgbImage Reversed(RgbImage image)
    {
        var result = new RgbImage(image.Width, image.Height, 3);
        for (int i = 0; i < result.Pixels.Length; i += 3)
        {
            result.Pixels[i] = image.Pixels[i + 2];
            result.Pixels[i + 1] = image.Pixels[i + 1];
            result.Pixels[i + 2] = image.Pixels[i];
        }

        return result;
    }

    /// <summary>Luma by ITU-R BT.601 with OpenCV's factors in 1/32768.</summary>
    private static RgbImage Grey(RgbImage image)
    {
        var result = new RgbImage(image.Width, image.Height, 1);
        for (int i = 0; i < result.Pixels.Length; i++)
        {
            int at = i * 3;
            result.Pixels[i] = (byte)(((image.Pixels[at] * 9798) + (image.Pixels[at + 1] * 19235) + (image.Pixels[at + 2] * 3735) + (1 << 14)) >> 15);
        }

        return result;
    }
}
