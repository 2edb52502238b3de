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

    [Theory]
    [InlineData(DataType.Int8)]
    [InlineData(DataType.Int16)]
    [InlineData(DataType.Float32)]
    [InlineData(DataType.Int64)]
    public void TransposeAgreesWithItsIndicesForEveryWidthAndSize(DataType type)
    {
        foreach (int[] sizes in (int[][])[[2, 3, 4, 5], [6, 1, 1, 7], [1, 3, 3, 8], [5, 1, 4, 1], [2, 0, 3, 4]])
        {
            foreach (int[] order in (int[][])[[0, 3, 1, 2], [3, 2, 1, 0], [0, 2, 3, 1], [0, 1, 2, 3]])
            {
                var shape = new Shape(sizes);
                var x = new Tensor(type, shape);
                new Random(sizes.Length).NextBytes(x.Bytes);
                Tensor y = x.Transpose(order);
                int width = type.Bits() / 8;
                for (int o = 0; o < shape.Count; o++)
                {
                    int rest = o;
                    int from = 0;
                    for (int d = 3; d >= 0; d--)
                    {
                        from += rest % y.Shape[d] * shape.Strides()[order[d]];
                        rest /= y.Shape[d];
                    }

                    Assert.True(x.Bytes.Slice(from * width, width).SequenceEqual(y.Bytes.Slice(o * width, width)), $"{shape} by {string.Join(',', order)} at {o}");
                }
            }
        }
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
