using System.Collections.Immutable;
using SgsIpu.Engine.Configuration;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>Where samples come from.</summary>
/// <param name="Images">Files, folders and list files.</param>
public sealed record SampleSourceOptions(ImmutableArray<string> Images)
{
    /// <summary>
    /// How files become arrays: one for all inputs or one each. A path of a <c>.py</c> or <c>.yaml</c> file, a dictionary of a recipe's keys,
    /// a <see cref="Recipe"/>, or a <see cref="Func{T1, T2, TResult}"/> of path and norm that returns a tensor. Empty resizes to the input's size.
    /// </summary>
    public ImmutableArray<object> Preprocess { get; init; } = [];

    /// <summary>Replaces the model's own.</summary>
    public InputConfig? InputConfig { get; init; }

    public string PythonPath { get; init; } = OperatingSystem.IsWindows() ? "python" : "python3";

    /// <summary>Most processes of one script at a time; no more are started than samples are read at once.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>Longest time of one call of a script.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);
}
