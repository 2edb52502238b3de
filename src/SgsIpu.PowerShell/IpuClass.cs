namespace SgsIpu.PowerShell;

/// <summary>One class of a classification.</summary>
/// <param name="Index">Position among the scores.</param>
/// <param name="Label">Its line of the label file; empty without one.</param>
public sealed record IpuClass(int Index, float Score, string Label)
{
    public override string ToString() =>
        FormattableString.Invariant($"{(Label.Length > 0 ? Label : Index.ToString(System.Globalization.CultureInfo.InvariantCulture))} {Score:0.###}");
}
