using SgsIpu.Core;

namespace SgsIpu.Core.Tests;

public sealed class TensorTests
{
    [Fact]
    public void TransposeMovesElementsToTheirPermutedIndex()
    {
        Tensor x = Tensor.FromArray<int>([1, 2, 3, 4, 5, 6], 2, 3);
        Tensor y = x.Transpose(1, 0);
        Assert.Equal(new Shape(3, 2), y.Shape);
        Assert.Equal([1, 4, 2, 5, 3, 6], y.As<int>().ToArray());
    }

    [Fact]
    public void ShapesBroadcastAsInNumPy()
    {
        Assert.Equal(new Shape(2, 3, 4), Shape.Broadcast(new Shape(3, 1), new Shape(2, 1, 4)));
        Assert.Null(Shape.Broadcast(new Shape(3), new Shape(2)));
    }

    [Fact]
    public void UInt8RangesAreWidenedToHoldZero()
    {
        QuantParam quant = QuantParam.UInt8(1, 2);
        Assert.Equal(0, quant.ZeroPoint);
        Assert.Equal(2.0 / 255, quant.Scale[0], 12);
    }
}
