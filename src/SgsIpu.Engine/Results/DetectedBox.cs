using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Results;

/// <summary>An object found in a picture.</summary>
/// <param name="Class">Index of the class.</param>
/// <param name="Score">Confidence, as the model computed it.</param>
/// <param name="X1">Left edge, as a part of the picture's width.</param>
/// <param name="Y1">Upper edge, as a part of the picture's height.</param>
/// <param name="X2">Right edge.</param>
/// <param name="Y2">Lower edge.</param>
public readonly record struct DetectedBox(int Class, float Score, float X1, float Y1, float X2, float Y2)
{
    /// <summary>A box in parts of what the network saw as one in parts of the picture.</summary>
    public DetectedBox ToPicture(Placement place)
    {
        (float x1, float y1) = place.ToPicture(X1, Y1);
        (float x2, float y2) = place.ToPicture(X2, Y2);
        return this with { X1 = x1, Y1 = y1, X2 = x2, Y2 = y2 };
    }
}
