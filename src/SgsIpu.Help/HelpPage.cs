using System.Text.RegularExpressions;

namespace SgsIpu.Help;

/// <summary>The page of one command: a heading, a synopsis, and the sections Description, Parameters, Inputs, Outputs and Examples.</summary>
internal sealed partial record HelpPage(
    string Command,
    string Synopsis,
    string Description,
    IReadOnlyList<HelpParameter> Parameters,
    string Inputs,
    string Outputs,
    IReadOnlyList<HelpExample> Examples)
{
    /// <exception cref="FormatException">A part of the page is missing.</exception>
    public static HelpPage Parse(string file, string text)
    {
        string[] sections = SectionStart().Split(text.ReplaceLineEndings("\n"));
        string[] head = sections[0].Split('\n', 2);
        if (!head[0].StartsWith("# ", StringComparison.Ordinal))
        {
            throw new FormatException($"{file}: the first line is '# ' and the command's name");
        }

        string Section(string title)
        {
            string? section = sections.Skip(1).FirstOrDefault(s => s.StartsWith(title + "\n", StringComparison.Ordinal));
            return section is null ? throw new FormatException($"{file}: the section '{title}' is missing") : section[(title.Length + 1)..].Trim();
        }

        return new HelpPage(
            head[0][2..].Trim(),
            head[1].Trim(),
            Section("Description"),
            [.. Parts(Section("Parameters")).Select(p => HelpParameter.Parse(file, p.Title, p.Body))],
            Section("Inputs"),
            Section("Outputs"),
            [.. Parts(Section("Examples")).Select(p => HelpExample.Parse(file, p.Title, p.Body))]);
    }

    private static IEnumerable<(string Title, string Body)> Parts(string section) =>
        PartStart().Split(section).Where(p => p.Length > 0).Select(p => p.Split('\n', 2)).Select(p => (p[0].Trim(), p.Length > 1 ? p[1].Trim() : ""));

    [GeneratedRegex("^## ", RegexOptions.Multiline)]
    private static partial Regex SectionStart();

    [GeneratedRegex("^### ", RegexOptions.Multiline)]
    private static partial Regex PartStart();
}
