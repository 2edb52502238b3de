using System.Collections.Immutable;

namespace SgsIpu.Engine.Configuration;

/// <summary>What the lists of names of inputs and outputs have in common.</summary>
internal static class ConfigNames
{
    private const int LongestNames = 2048;

    public static ImmutableArray<string> Read(ConfigSection section, string key)
    {
        ImmutableArray<string> names = section.Required(key);
        if (names.Sum(n => n.Length) > LongestNames)
        {
            section.Fault(key, "ConfigNameLength", $"the names of '{key}' have more than {LongestNames} characters");
        }

        if (names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            section.Fault(key, "ConfigNameTwice", $"'{key}' names '{twice.Key}' twice");
        }

        return names;
    }

    /// <summary>True for NCHW.</summary>
    public static bool ChannelsFirst(ConfigSection section, string key, ImmutableArray<string> layouts, int index) =>
        !layouts.IsEmpty && section.Choice(key, layouts[index], ("NCHW", true), ("NHWC", false)) == true;
}
