namespace SgsIpu.Core.Tests;

public sealed class Int4Tests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    public void EveryValueComesBackAtEveryPlace(int count)
    {
        for (int shift = 0; shift < 16; shift++)
        {
            sbyte[] values = [.. Enumerable.Range(0, count).Select(i => (sbyte)(((i + shift) % 16) - 8))];
            Tensor packed = Int4.Pack(values, new Shape(count));
            Assert.Equal((count + 1) / 2, packed.Bytes.Length);
            Assert.Equal(values, Int4.Unpack(packed));
            Assert.Equal(values.Select(v => (float)v), packed.ToFloats());
            Assert.Equal(values.Select(v => (long)v), packed.ToLongs());
        }
    }

    [Fact]
    public void TheFirstValueIsInTheLowNibble() =>
        Assert.Equal([0xF1, 0x07], Int4.Pack([1, -1, 7], new Shape(3)).Bytes.ToArray());

    [Theory]
    [InlineData(8)]
    [InlineData(-9)]
    public void AValueWithoutFourBitsIsRefused(int value) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Int4.Pack([(sbyte)value], new Shape(1)));
}
