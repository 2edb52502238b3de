using System.Text.RegularExpressions;

namespace SgsIpu.Help;

/// <summary>One parameter: <c>-Name &lt;type&gt;</c>, its text, and lines of facts that begin with a dash.</summary>
/// <param name="Position">A number, or "named".</param>
/// <param name="Pipeline">"false", or how the pipeline binds.</param>
internal sealed partial record HelpParameter(string Name, string Type, string Text, bool Mandatory, string Position, string Pipeline, bool Wildcards, string Aliases)
{
    /// <exception cref="FormatException">The title has no name and type.</exception>
    public static HelpParameter Parse(string file, string title, string body)
    {
        Match match = Title().Match(title);
        if (!match.Success)
        {
            throw new FormatException($"{file}: '{title}' is no parameter; it is '-Name <type>'");
        }

        string[] facts = [.. body.Split('\n').Where(l => l.StartsWith("- ", StringComparison.Ordinal)).SelectMany(l => l[2..].Split(';', StringSplitOptions.TrimEntries))];
        string text = string.Join(' ', body.Split('\n').Where(l => l.Length > 0 && !l.StartsWith("- ", StringComparison.Ordinal)));
        return new HelpParameter(
            match.Groups["name"].Value,
            match.Groups["type"].Value,
            text,
            facts.Contains("mandatory"),
            After(facts, "position ") ?? "named",
            After(facts, "pipeline ") is { } pipeline ? $"true ({pipeline})" : "false",
            facts.Contains("wildcards"),
            After(facts, "aliases: ") ?? "");
    }

    private static string? After(string[] facts, string prefix) => facts.FirstOrDefault(f => f.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..];

    [GeneratedRegex(@"^-(?<name>\w+) <(?<type>[\w\[\]\.]+)>$")]
    private static partial Regex Title();
}
