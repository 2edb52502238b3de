using System.Collections.Immutable;

namespace SgsIpu.Engine.Quantization;

/// <summary>A range for each channel of a tensor, each with 0 in it.</summary>
/// <param name="Observer">Whose proposal it is.</param>
internal sealed record ChannelRanges(string Observer, ImmutableArray<double> Low, ImmutableArray<double> High);
