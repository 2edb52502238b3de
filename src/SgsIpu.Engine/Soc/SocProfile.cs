using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine;

/// <summary>A chip that models are made for. The vendor publishes names and limits, no speeds: those are data, marked as estimates, and a
/// user can bring a file of figures of their own.</summary>
/// <param name="Name">As the vendor spells it for <c>--soc_version</c>.</param>
/// <param name="Generation">Decides the hardware limits.</param>
/// <param name="Figures">What the cost model counts with.</param>
public sealed record SocProfile(string Name, SocGeneration Generation, SocFigures Figures)
{
    /// <summary>Used where none is named.</summary>
    public static SocProfile Default => All[0];

    /// <summary>Every chip, the newer generation first.</summary>
    public static ImmutableArray<SocProfile> All { get; } = SocProfileReader.BuiltIn();

    /// <summary>The profile of a model's chip; the default one's figures for a chip whose profile is a user's and not at hand.</summary>
    public static SocProfile Known(string name) =>
        All.FirstOrDefault(s => s.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? Default;

    /// <summary>The profile of a name, whatever its case, or of a <c>.json</c> file.</summary>
    /// <exception cref="IpuException">There is no such chip (id <c>UnknownSoc</c>), or the file is wrong (<c>SocProfile</c>).</exception>
    public static SocProfile Of(string nameOrFile)
    {
        ArgumentNullException.ThrowIfNull(nameOrFile);
        if (nameOrFile.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            return SocProfileReader.Read(nameOrFile);
        }

        return All.FirstOrDefault(s => s.Name.Equals(nameOrFile, StringComparison.OrdinalIgnoreCase)) ?? throw new IpuException(
            "UnknownSoc",
            $"there is no SoC '{nameOrFile}'; known are {string.Join(", ", All.Select(s => s.Name))}, and a profile of your own is named by its .json file",
            IpuErrorKind.InvalidArgument)
        { Target = nameOrFile };
    }
}
