namespace SgsIpu.PowerShell;

/// <summary>Names as the vendor writes them: several in one argument, separated by commas.</summary>
internal static class NameList
{
    public static IEnumerable<string> Of(IEnumerable<string> names) => names.SelectMany(n => n.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
