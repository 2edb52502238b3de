using System.Collections.Specialized;

namespace SgsIpu.PowerShell;

/// <summary>What a model computed from one sample.</summary>
/// <param name="Source">The sample's file.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Stage">Float, Fixed or Offline.</param>
/// <param name="Outputs">An <see cref="IpuTensor"/> for each output, by name.</param>
/// <param name="Top">The classes with the highest scores, of a classification.</param>
public sealed record IpuResult(string Source, string Model, string Stage, OrderedDictionary Outputs, IpuClass[] Top)
{
    /// <summary>What a detection found, best first.</summary>
    public IpuBox[] Boxes { get; init; } = [];
}
