using SgsIpu.Core;
using SgsIpu.Engine.Quantization;

namespace SgsIpu.Engine.Tests.Quantization;

/// <summary>Tensors at rest are the same bit by bit, and pixels take a byte each.</summary>
public sealed class PackedTensorTests
{
    /// <summary>The values that a channel may have and be held as bytes.</summary>
    [Theory]
    [InlineData(1, 256)]
    [InlineData(3, 256)]
    [InlineData(3, 257)]
    [InlineData(4, 100_000)]
    [InlineData(5, 2)]
    public void AreTheSameAgain(int channels, int different)
    {
        var random = new Random(channels + different);
        float[] values = [.. Enumerable.Range(0, 64 * 65 * channels).Select(i => (random.Next(different) - 17.3f) / ((i % channels) + 0.7f))];
        (values[0], values[channels], values[2 * channels]) = (float.NaN, -0f, 0f);
        Tensor tensor = Tensor.FromArray<float>(values, 1, 64, 65, channels);
        Assert.Equal(tensor.Bytes.ToArray(), new PackedTensor(tensor).Unpacked().Bytes.ToArray());
        Assert.Equal(tensor.Shape, new PackedTensor(tensor).Unpacked().Shape);
    }

    [Fact]
    public void AreTheSameOfAnyTypeAndShape()
    {
        foreach (Tensor tensor in (Tensor[])[Tensor.FromArray<float>([1.5f]), Tensor.FromArray<byte>([1, 2, 3], 3), new Tensor(DataType.Float32, new Shape(0, 3)), new Tensor(DataType.Int64, new Shape(70, 70, 3))])
        {
            Tensor again = new PackedTensor(tensor).Unpacked();
            Assert.Equal((tensor.Type, tensor.Shape), (again.Type, again.Shape));
            Assert.Equal(tensor.Bytes.ToArray(), again.Bytes.ToArray());
        }
    }

    [Fact]
    public void PixelsTakeLittleMoreThanAQuarterOfTheMemory()
    {
        Tensor tensor = Tensor.FromArray<float>([.. Enumerable.Range(0, 200 * 200 * 3).Select(i => (float)(i % 253))], 1, 200, 200, 3);
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = new PackedTensor(tensor);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, tensor.Bytes.Length / 4, tensor.Bytes.Length * 3 / 10);
    }
}
