using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Engine.Configuration;

/// <summary>The parameters of the Q modes: a vendor <c>quant_config.yaml</c>.</summary>
public sealed record QuantConfig
{
    /// <summary>Rounds of learning for each layer.</summary>
    public int RetrainIterations { get; init; } = 40;

    /// <summary>Where the float model runs: "cpu", "cuda:N", or null for a GPU where there is one.</summary>
    public string? Device { get; init; }

    /// <summary>The two bit widths of the mixed modes; null where the file names none.</summary>
    public (int Low, int High)? MixedPrecisions { get; init; }

    /// <summary>Average bits of a weight over 16 that the mixed modes are to reach; null asks for a recommendation.</summary>
    public double? CompressionRate { get; init; }

    /// <summary>Whether <see cref="Presets"/> count.</summary>
    public bool UsePresets { get; init; }

    /// <summary>Ranges and bits by tensor of the float model.</summary>
    public ImmutableArray<QuantPreset> Presets { get; init; } = [];

    /// <summary>The file's name, for messages.</summary>
    public string Source { get; init; } = "quant_config.yaml";

    /// <summary>Line of <c>mp_rate</c>, for messages; 0 where there is none.</summary>
    internal int RateLine { get; init; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="IpuException">See <see cref="Parse"/>; or the file cannot be read.</exception>
    public static QuantConfig Read(string path) => QuantConfigReader.ReadFile(path);

    /// <summary>Reads YAML text.</summary>
    /// <param name="source">The file's name, for messages.</param>
    /// <exception cref="IpuException">The text is no YAML (id <c>QuantConfigSyntax</c>), or a key or value is not allowed
    /// (<c>QuantConfigKey</c>, <c>QuantConfigValue</c>).</exception>
    public static QuantConfig Parse(string text, string source) => QuantConfigReader.Parse(text, source);

    /// <summary>The bit widths and the rate of a mixed mode.</summary>
    /// <exception cref="IpuException">The rate is not between what the two widths reach (id <c>QuantConfigRate</c>).</exception>
    public (int Low, int High, double? Rate) Mix()
    {
        // Without widths, the rate says which are meant; without both it is 4/8, as the guide's table of modes has it.
        (int low, int high) = MixedPrecisions ?? (CompressionRate >= 0.5 ? (8, 16) : (4, 8));
        double least = low / 16.0;
        double most = high / 16.0;
        bool fits = CompressionRate is not { } rate || (rate >= least && (rate < most || (rate == most && high == 16)));
        return fits
            ? (low, high, CompressionRate)
            : throw Fault("QuantConfigRate", RateLine, FormattableString.Invariant($"mp_rate is {CompressionRate}; with mixed_precisions [{low}, {high}] it is in [{least}, {most}{(high == 16 ? "]" : ")")}"));
    }

    /// <summary>Presets as wishes of the calibration.</summary>
    /// <exception cref="IpuException">The float model has no such tensor (id <c>QuantConfigTensor</c>).</exception>
    internal ImmutableArray<GivenQuantization> Given(Graph graph)
    {
        if (!UsePresets)
        {
            return [];
        }

        foreach (QuantPreset preset in Presets.Where(p => !graph.Tensors.ContainsKey(p.Tensor)))
        {
            throw Fault("QuantConfigTensor", preset.Line, $"the float model '{graph.Name}' has no tensor '{preset.Tensor}'");
        }

        return [.. Presets.Select(p => p.ToGiven(Source))];
    }

    internal IpuException Fault(string errorId, int line, string message) =>
        new(errorId, $"{Source}({line}): {message}", IpuErrorKind.InvalidArgument) { Target = Source };
}
