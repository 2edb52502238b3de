namespace SgsIpu.Engine.Preprocessing;

/// <summary>Where a picture lies in the image that a recipe makes of it, all in pixels of that image: the canvas.</summary>
/// <param name="Left">Column of the picture's left edge; negative where a crop cuts it off.</param>
/// <param name="Top">Row of its upper edge.</param>
/// <param name="Width">Width of the resized picture.</param>
/// <param name="Height">Height of the resized picture.</param>
/// <param name="CanvasWidth">Width of what the network sees.</param>
/// <param name="CanvasHeight">Height of what the network sees.</param>
public readonly record struct Placement(int Left, int Top, int Width, int Height, int CanvasWidth, int CanvasHeight)
{
    /// <summary>A picture that fills its canvas.</summary>
    public static Placement Whole(int width, int height) => new(0, 0, width, height, width, height);

    /// <summary>A place in parts of the canvas as one in parts of the picture.</summary>
    public (float X, float Y) ToPicture(float x, float y) => (((x * CanvasWidth) - Left) / Width, ((y * CanvasHeight) - Top) / Height);
}
