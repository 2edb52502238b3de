namespace SgsIpu.Help;

/// <summary>One example: a code block, then remarks.</summary>
internal sealed record HelpExample(string Title, string Code, string Remarks)
{
    private const string Fence = "```";

    /// <exception cref="FormatException">There is no code block.</exception>
    public static HelpExample Parse(string file, string title, string body)
    {
        string[] parts = body.Split(Fence);
        return parts.Length == 3
            ? new HelpExample(title, parts[1].Split('\n', 2)[1].Trim(), parts[2].Trim())
            : throw new FormatException($"{file}: the example '{title}' is one block of code and remarks");
    }
}
