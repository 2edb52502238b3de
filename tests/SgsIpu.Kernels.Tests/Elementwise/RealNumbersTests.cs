using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels.Tests.Elementwise;

public sealed class RealNumbersTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Products_are_rounded_once_whatever_the_number_of_threads(int threads)
    {
        const double Scale = 0.1234567891234;
        short[] shorts = [.. Enumerable.Range(short.MinValue, 1 << 16).Select(i => (short)i), 5, 6, 7];
        byte[] bytes = [.. shorts.Select(s => (byte)s)];
        float[] y = new float[shorts.Length];
        RealNumbers.Of<short>(shorts, 0, Scale, y, threads);
        Assert.Equal(shorts.Select(s => (float)(Scale * s)), y);
        RealNumbers.Of<byte>(bytes, 37, Scale, y, threads);
        Assert.Equal(bytes.Select(b => (float)(Scale * (b - 37))), y);
    }
}
