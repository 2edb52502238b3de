using SgsIpu.Core;

namespace SgsIpu.Engine;

/// <summary>An input as the board hands it over.</summary>
/// <param name="Layout">NHWC or NCHW.</param>
/// <param name="TrainingFormat">What the network was trained on; "" where no configuration says it.</param>
/// <param name="InputFormat">What the board hands over; "" where no configuration says it.</param>
/// <param name="WidthAlignment">A row of the buffer is a multiple of this many pixels.</param>
/// <param name="HeightAlignment">The rows of the buffer are a multiple of this.</param>
public sealed record IpuInputInfo(
    int Index, string Name, string DataType, Shape Shape, string Layout, string TrainingFormat, string InputFormat, int WidthAlignment, int HeightAlignment)
{
    public override string ToString() => $"{Name} {DataType} {Shape}{(InputFormat.Length > 0 ? " " + InputFormat : "")}";
}
