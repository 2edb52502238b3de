namespace SgsIpu.Ops;

/// <summary>The resize of one dimension.</summary>
/// <param name="Axis">The dimension.</param>
/// <param name="Size">Its size in the output.</param>
/// <param name="Scale">Output elements for each input element, as the model says it.</param>
/// <param name="Start">For <see cref="ResizeCoordinates.TfCropAndResize"/>: the first place, as a part of the input.</param>
/// <param name="End">The last place, likewise.</param>
public sealed record ResizeAxis(int Axis, int Size, double Scale, double Start = 0, double End = 1)
{
    /// <summary>The place in an input of <paramref name="size"/> elements of an output position.</summary>
    public double Source(ResizeCoordinates coordinates, int position, int size)
    {
        // What the scale makes of the input need not be whole; ONNX computes with it as it is. A scale that was rounded means the size.
        double length = Math.Abs((Scale * size) - Size) < 1e-5 * Size ? Size : Scale * size;
        double half = ((position + 0.5) / Scale) - 0.5;
        return coordinates switch
        {
            ResizeCoordinates.HalfPixel => half,
            ResizeCoordinates.PytorchHalfPixel => Size > 1 ? half : 0,
            ResizeCoordinates.AlignCorners => Size > 1 && length != 1 ? position * (size - 1) / (length - 1) : 0,
            ResizeCoordinates.HalfPixelSymmetric => (size / 2.0 * (1 - (Size / length))) + half,
            ResizeCoordinates.TfHalfPixelForNn => (position + 0.5) / Scale,
            ResizeCoordinates.TfCropAndResize => Size > 1
                ? (Start + (position * (End - Start) / (length - 1))) * (size - 1)
                : (Start + End) / 2 * (size - 1),
            _ => position / Scale,
        };
    }

    /// <summary>True where an output position lies outside of the input, which only <see cref="ResizeCoordinates.TfCropAndResize"/> minds.</summary>
    public bool IsOutside(ResizeCoordinates coordinates, int position, int size) =>
        coordinates == ResizeCoordinates.TfCropAndResize && Source(coordinates, position, size) is var at && (at < 0 || at > size - 1);

    /// <summary>The element that a nearest-neighbour resize takes.</summary>
    public int Nearest(ResizeCoordinates coordinates, NearestRounding rounding, int position, int size)
    {
        double at = Source(coordinates, position, size);
        double rounded = rounding switch
        {
            NearestRounding.RoundPreferFloor => Math.Ceiling(at - 0.5),
            NearestRounding.RoundPreferCeil => Math.Floor(at + 0.5),
            NearestRounding.Floor => Math.Floor(at),
            _ => Math.Ceiling(at),
        };
        return (int)Math.Clamp(rounded, 0, size - 1);
    }
}
