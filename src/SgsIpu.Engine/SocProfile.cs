using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine;

/// <summary>A chip that models are made for.</summary>
/// <param name="Name">As the vendor spells it for <c>--soc_version</c>.</param>
/// <param name="Generation">Decides the hardware limits.</param>
public sealed record SocProfile(string Name, SocGeneration Generation)
{
    /// <summary>Used where none is named.</summary>
    public static SocProfile Default => All[0];

    /// <summary>Every chip, the newer generation first.</summary>
    public static ImmutableArray<SocProfile> All { get; } =
    [
        new("pcupid", SocGeneration.Newer),
        new("souffle", SocGeneration.Newer),
        new("opera", SocGeneration.Newer),
        new("maruko", SocGeneration.Newer),
        new("muffin", SocGeneration.Newer),
        new("mochi", SocGeneration.Newer),
        new("iford", SocGeneration.Newer),
        new("ifado", SocGeneration.Newer),
        new("ibopper", SocGeneration.Newer),
        new("ifackel", SocGeneration.Newer),
        new("jaguar1", SocGeneration.Newer),
        new("pudding", SocGeneration.Older),
        new("tiramisu", SocGeneration.Older),
    ];

    /// <summary>The profile of a name, whatever its case.</summary>
    /// <exception cref="IpuException">There is no such chip (id <c>UnknownSoc</c>).</exception>
    public static SocProfile Of(string name) =>
        All.FirstOrDefault(s => s.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new IpuException("UnknownSoc", $"there is no SoC '{name}'; known are {string.Join(", ", All.Select(s => s.Name))}", IpuErrorKind.InvalidArgument) { Target = name };
}
