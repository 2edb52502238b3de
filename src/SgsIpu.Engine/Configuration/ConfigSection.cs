using System.Collections.Immutable;
using System.Globalization;
using IniParser.Model;
using SgsIpu.Core;

namespace SgsIpu.Engine.Configuration;

/// <summary>One section of a configuration file; reports what is wrong with file and line.</summary>
internal sealed class ConfigSection
{
    private readonly KeyDataCollection? _keys;
    private readonly string[] _lines;
    private readonly string _file;

    /// <param name="keys">The section's keys; null where the file has no such section.</param>
    /// <exception cref="IpuException">The section has another key than <paramref name="known"/> (id <c>ConfigUnknownKey</c>).</exception>
    public ConfigSection(string name, KeyDataCollection? keys, string[] lines, string file, params ReadOnlySpan<string> known)
    {
        Name = name;
        _keys = keys;
        _lines = lines;
        _file = file;
        foreach (KeyData key in keys ?? new KeyDataCollection())
        {
            if (!known.Contains(key.KeyName))
            {
                throw Fault(key.KeyName, "ConfigUnknownKey", $"[{name}] has no key '{key.KeyName}'; its keys are {string.Join(", ", known.ToArray())}");
            }
        }
    }

    public string Name { get; }

    public bool Has(string key) => Text(key) is not null;

    /// <summary>The values of a list, separated by commas; empty where the key is absent.</summary>
    public ImmutableArray<string> List(string key) => Text(key) is { } text ? [.. text.Split(',').Select(v => v.Trim())] : [];

    /// <summary>The values of a list that must be there and hold no empty value.</summary>
    public ImmutableArray<string> Required(string key)
    {
        ImmutableArray<string> values = List(key);
        return values.IsEmpty || values.Any(v => v.Length == 0)
            ? throw Fault(key, "ConfigKeyMissing", $"[{Name}] needs the key '{key}' with a value for each name")
            : values;
    }

    /// <summary>A list with one value for each of <paramref name="count"/> names, or empty where the key is absent.</summary>
    public ImmutableArray<string> List(string key, int count, string what)
    {
        ImmutableArray<string> values = List(key);
        return values.IsEmpty || values.Length == count
            ? values
            : throw Fault(key, "ConfigCountMismatch", $"'{key}' has {values.Length} values for {count} {what}: one for each is needed, separated by commas");
    }

    public T Choice<T>(string key, string value, params ReadOnlySpan<(string Text, T Value)> choices)
    {
        foreach ((string text, T choice) in choices)
        {
            if (text.Equals(value, StringComparison.OrdinalIgnoreCase))
            {
                return choice;
            }
        }

        throw Fault(key, "ConfigValue", $"'{key}' has the value '{value}'; allowed are {string.Join(", ", choices.ToArray().Select(c => c.Text))}");
    }

    public bool Boolean(string key, string value) => Choice(key, value, ("TRUE", true), ("FALSE", false));

    public float Number(string key, string value) =>
        float.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && float.IsFinite(number)
            ? number
            : throw Fault(key, "ConfigValue", $"'{key}' has the value '{value}', which is no number");

    public int Alignment(string key, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is > 0 and <= 4096
            ? number
            : throw Fault(key, "ConfigValue", $"'{key}' has the value '{value}'; an alignment is a whole number from 1 to 4096");

    /// <summary>An error at the line of a key, or at the section where the key is absent.</summary>
    public IpuException Fault(string key, string errorId, string message)
    {
        int line = Array.FindIndex(_lines, l => l.StartsWith(key, StringComparison.OrdinalIgnoreCase) && l[key.Length..].TrimStart().StartsWith('='));
        if (line < 0)
        {
            line = Array.FindIndex(_lines, l => l.StartsWith($"[{Name}]", StringComparison.OrdinalIgnoreCase));
        }

        return new IpuException(errorId, $"{_file}({Math.Max(line, 0) + 1}): {message}", IpuErrorKind.InvalidArgument) { Target = _file };
    }

    /// <summary>A value without the semicolon that may end it.</summary>
    private string? Text(string key)
    {
        if (_keys?.GetKeyData(key) is not { } data)
        {
            return null;
        }

        string value = data.Value.Trim().TrimEnd(';').Trim();
        return value.Length == 0 ? null : value;
    }
}
