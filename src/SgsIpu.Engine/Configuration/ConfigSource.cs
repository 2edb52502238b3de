using SgsIpu.Core;

namespace SgsIpu.Engine.Configuration;

/// <summary>Where a configuration was read from, to name lines, and what is wrong with it.</summary>
/// <param name="lines">Without comments.</param>
internal sealed class ConfigSource(string file, string[] lines)
{
    private readonly List<ConfigProblem> _problems = [];

    public string File => file;

    public IReadOnlyList<ConfigProblem> Problems => _problems;

    public void Error(string section, string key, string errorId, string message) => Add(ConfigSeverity.Error, LineOf(section, key), key, errorId, message);

    public void Warning(string section, string key, string errorId, string message) => Add(ConfigSeverity.Warning, LineOf(section, key), key, errorId, message);

    /// <param name="line">Counted from 1.</param>
    public void ErrorAt(int line, string key, string errorId, string message) => Add(ConfigSeverity.Error, line, key, errorId, message);

    /// <summary>The same lines, with nothing wrong yet.</summary>
    public ConfigSource Afresh() => new(file, lines);

    /// <summary>Throws the first error there is.</summary>
    public void ThrowFirst()
    {
        if (_problems.FirstOrDefault(p => p.Severity == ConfigSeverity.Error) is { } first)
        {
            throw new IpuException(first.ErrorId, first.ToString(), IpuErrorKind.InvalidArgument) { Target = file };
        }
    }

    /// <summary>The line of a key in its section, or of the section where the key is absent.</summary>
    private int LineOf(string section, string key)
    {
        int start = Array.FindIndex(lines, l => l.StartsWith($"[{section}]", StringComparison.OrdinalIgnoreCase));
        if (start < 0)
        {
            return 1;
        }

        for (int i = start + 1; i < lines.Length && !lines[i].StartsWith('['); i++)
        {
            if (Is(lines[i], key))
            {
                return i + 1;
            }
        }

        return start + 1;
    }

    private static bool Is(string line, string key) => key.Length > 0 && line.StartsWith(key, StringComparison.OrdinalIgnoreCase) && line[key.Length..].TrimStart().StartsWith('=');

    private void Add(ConfigSeverity severity, int line, string key, string errorId, string message) => _problems.Add(new ConfigProblem(errorId, severity, file, line, key, message));
}
