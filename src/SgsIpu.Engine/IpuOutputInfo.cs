using SgsIpu.Core;

namespace SgsIpu.Engine;

/// <summary>An output as the board hands it over.</summary>
/// <param name="AlignedShape">The shape of the board's buffer: without dequantization the innermost dimension is padded up to 16 elements.</param>
public sealed record IpuOutputInfo(int Index, string Name, string DataType, Shape Shape, Shape AlignedShape)
{
    public override string ToString() => $"{Name} {DataType} {Shape}{(AlignedShape == Shape ? "" : $" in {AlignedShape}")}";
}
