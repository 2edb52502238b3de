namespace SgsIpu.Engine.Results;

/// <summary>An object found in a picture.</summary>
/// <param name="Class">Index of the class.</param>
/// <param name="Score">Confidence, as the model computed it.</param>
/// <param name="X1">Left edge, as a part of the picture's width.</param>
/// <param name="Y1">Upper edge, as a part of the picture's height.</param>
/// <param name="X2">Right edge.</param>
/// <param name="Y2">Lower edge.</param>
public readonly record struct DetectedBox(int Class, float Score, float X1, float Y1, float X2, float Y2);
