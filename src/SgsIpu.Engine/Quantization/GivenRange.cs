using System.Collections.Immutable;

namespace SgsIpu.Engine.Quantization;

/// <summary>A range that a user gave: one, or one a channel.</summary>
internal sealed record GivenRange(ImmutableArray<float> Min, ImmutableArray<float> Max)
{
    public bool IsPerTensor => Min.Length == 1;

    /// <summary>What covers every channel.</summary>
    public (double Min, double Max) Whole => (Math.Min(Min.Min(), 0), Math.Max(Max.Max(), 0));

    /// <summary>The largest magnitude of a channel.</summary>
    public double Bound(int channel) => IsPerTensor ? Math.Max(Math.Abs(Min[0]), Math.Abs(Max[0])) : Math.Max(Math.Abs(Min[channel]), Math.Abs(Max[channel]));

    public bool Same(GivenRange other) => Min.AsSpan().SequenceEqual(other.Min.AsSpan()) && Max.AsSpan().SequenceEqual(other.Max.AsSpan());
}
