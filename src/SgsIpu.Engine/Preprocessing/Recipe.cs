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
        Placement place = Place(image.Width, image.Height);
        if ((image.Width, image.Height) != (place.Width, place.Height))
        {
            image = ImageResizer.Resize(image, place.Width, place.Height, Interpolation);
        }

        image = Laid(image, place);
        return (Colour ?? training) switch
        {
            ImageFormat.GRAY => Grey(image),
            ImageFormat.BGR => Reversed(image),
            _ => image,
        };
    }

    /// <summary>Where a picture of a size comes to lie.</summary>
    /// <exception cref="IpuException">As <see cref="Apply"/>.</exception>
    public Placement Place(int width, int height)
    {
        Placement place = Letterbox is { } box ? Boxed(width, height, box.Width, box.Height)
            : Size is { } size ? Placement.Whole(size.Width, size.Height)
            : ShorterSide > 0 ? Proportional(width, height)
            : Placement.Whole(width, height);
        return Crop is { } crop ? Cropped(place, crop.Width, crop.Height) : place;
    }

    private Placement Proportional(int width, int height)
    {
        long longer = (long)ShorterSide * Math.Max(width, height) / Math.Min(width, height);
        if (longer * ShorterSide > LargestArea)
        {
            throw new IpuException("RecipeSize", $"an image of {width}×{height} with {ShorterSide} as its shorter side has {longer * ShorterSide} pixels, which are more than can be processed", IpuErrorKind.InvalidArgument);
        }

        return width < height ? Placement.Whole(ShorterSide, (int)longer) : Placement.Whole((int)longer, ShorterSide);
    }

    private Placement Boxed(int width, int height, int boxWidth, int boxHeight)
    {
        double ratio = Math.Min((double)boxHeight / height, (double)boxWidth / width);
        int innerWidth = Math.Clamp((int)Math.Round(width * ratio, MidpointRounding.ToEven), 1, boxWidth);
        int innerHeight = Math.Clamp((int)Math.Round(height * ratio, MidpointRounding.ToEven), 1, boxHeight);

        // An odd border is one pixel wider at the right and the bottom, as YOLO's letterbox has it.
        int left = TopLeft ? 0 : (boxWidth - innerWidth) / 2;
        int top = TopLeft ? 0 : (boxHeight - innerHeight) / 2;
        return new Placement(left, top, innerWidth, innerHeight, boxWidth, boxHeight);
    }

    private static Placement Cropped(Placement place, int width, int height)
    {
        if (width > place.CanvasWidth || height > place.CanvasHeight)
        {
            throw new IpuException("RecipeCrop", $"a crop of {width}×{height} does not fit an image of {place.CanvasWidth}×{place.CanvasHeight}; resize it first", IpuErrorKind.InvalidArgument);
        }

        int left = (int)Math.Round((place.CanvasWidth - width) / 2.0, MidpointRounding.ToEven);
        int top = (int)Math.Round((place.CanvasHeight - height) / 2.0, MidpointRounding.ToEven);
        return place with { Left = place.Left - left, Top = place.Top - top, CanvasWidth = width, CanvasHeight = height };
    }

    private RgbImage Laid(RgbImage image, Placement place)
    {
        if (place == Placement.Whole(image.Width, image.Height))
        {
            return image;
        }

        var result = new RgbImage(place.CanvasWidth, place.CanvasHeight, image.Channels);
        Array.Fill(result.Pixels, Pad);
        int from = Math.Max(0, place.Left);
        int to = Math.Min(place.CanvasWidth, place.Left + image.Width);
        for (int y = Math.Max(0, place.Top); y < Math.Min(place.CanvasHeight, place.Top + image.Height) && from < to; y++)
        {
            image.Row(y - place.Top)[((from - place.Left) * image.Channels)..((to - place.Left) * image.Channels)].CopyTo(result.Row(y)[(from * image.Channels)..]);
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
