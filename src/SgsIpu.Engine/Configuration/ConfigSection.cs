using System.Collections.Immutable;
using System.Globalization;
using IniParser.Model;

namespace SgsIpu.Engine.Configuration;

/// <summary>One section of a configuration file. What is wrong is told to the source, with its line, and reading goes on.</summary>
internal sealed class ConfigSection
{
    private readonly KeyDataCollection? _keys;
    private readonly ConfigSource _source;

    /// <param name="keys">The section's keys; null where the file has no such section.</param>
    public ConfigSection(string name, KeyDataCollection? keys, ConfigSource source, params ReadOnlySpan<string> known)
    {
        Name = name;
        _keys = keys;
        _source = source;
        foreach (KeyData key in keys ?? new KeyDataCollection())
        {
            if (!known.Contains(key.KeyName.ToLowerInvariant()))
            {
                Fault(key.KeyName, "ConfigUnknownKey", $"[{name}] has no key '{key.KeyName}'; its keys are {string.Join(", ", known.ToArray())}");
            }
            else if (Text(key.KeyName) is { } text && text.Contains(',', StringComparison.Ordinal) && text.AsSpan().ContainsAny(' ', '\t'))
            {
                source.Warning(name, key.KeyName, "ConfigSpaces", $"'{key.KeyName}' has spaces between its values, which the vendor's tools do not allow");
            }
        }
    }

    public string Name { get; }

    /// <summary>The values of a list, separated by commas; empty where the key is absent.</summary>
    public ImmutableArray<string> List(string key) => Text(key) is { } text ? [.. text.Split(',').Select(v => v.Trim())] : [];

    /// <summary>The values of a list that must be there and hold no empty value; empty where that is broken.</summary>
    public ImmutableArray<string> Required(string key)
    {
        ImmutableArray<string> values = List(key);
        if (!values.IsEmpty && values.All(v => v.Length > 0))
        {
            return values;
        }

        Fault(key, "ConfigKeyMissing", $"[{Name}] needs the key '{key}' with a value for each name");
        return [];
    }

    /// <summary>A list with one value for each of <paramref name="count"/> names, or empty where the key is absent or the rule is broken.</summary>
    public ImmutableArray<string> Matching(string key, ImmutableArray<string> values, int count, string what)
    {
        if (values.IsEmpty || values.Length == count)
        {
            return values;
        }

        Fault(key, "ConfigCountMismatch", $"'{key}' has {values.Length} values for {count} {what}: one for each is needed, separated by commas");
        return [];
    }

    public ImmutableArray<string> Matching(string key, int count, string what) => Matching(key, List(key), count, what);

    /// <summary>The choice that a value names; null where it names none.</summary>
    public T? Choice<T>(string key, string value, params ReadOnlySpan<(string Text, T Value)> choices)
        where T : struct
    {
        foreach ((string text, T choice) in choices)
        {
            if (text.Equals(value, StringComparison.OrdinalIgnoreCase))
            {
                return choice;
            }
        }

        Fault(key, "ConfigValue", $"'{key}' has the value '{value}'; allowed are {string.Join(", ", choices.ToArray().Select(c => c.Text))}");
        return null;
    }

    public bool? Boolean(string key, string value) => Choice(key, value, ("TRUE", true), ("FALSE", false));

    public float? Number(string key, string value)
    {
        if (float.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && float.IsFinite(number))
        {
            return number;
        }

        Fault(key, "ConfigValue", $"'{key}' has the value '{value}', which is no number");
        return null;
    }

    public int? Alignment(string key, string value)
    {
        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is > 0 and <= 4096)
        {
            return number;
        }

        Fault(key, "ConfigValue", $"'{key}' has the value '{value}'; an alignment is a whole number from 1 to 4096");
        return null;
    }

    /// <summary>Tells an error at the line of a key, or at the section where the key is absent.</summary>
    public void Fault(string key, string errorId, string message) => _source.Error(Name, key, errorId, message);

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
