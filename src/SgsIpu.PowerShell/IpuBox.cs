namespace SgsIpu.PowerShell;

/// <summary>An object found in a picture, in the picture's pixels.</summary>
/// <param name="Class">Index of the class.</param>
/// <param name="Label">Its label, or "" without <c>-Label</c>.</param>
/// <param name="Score">Confidence.</param>
/// <param name="X1">Left edge.</param>
/// <param name="Y1">Upper edge.</param>
/// <param name="X2">Right edge.</param>
/// <param name="Y2">Lower edge.</param>
public sealed record IpuBox(int Class, string Label, float Score, float X1, float Y1, float X2, float Y2)
{
    public override string ToString() =>
        FormattableString.Invariant($"{(Label.Length > 0 ? Label : $"{Class}")} {Score:0.###} [{X1:0}, {Y1:0}, {X2:0}, {Y2:0}]");
}
