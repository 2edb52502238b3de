using System.Numerics;

namespace SgsIpu.Kernels.Tests.Resize;

public sealed class BilinearKernelTests
{
    [Theory]
    [InlineData(9, 33, 21)]
    [InlineData(20, 7, 3)]
    [InlineData(5, 64, 1)]
    [InlineData(1, 4, 70)]
    public void Every_element_is_the_exact_mean_of_four_rounded_half_up(int size, int output, int channels)
    {
        Check<byte>(size, output, channels);
        Check<short>(size, output, channels);
    }

    private static void Check<T>(int size, int output, int channels)
        where T : unmanaged, IBinaryInteger<T>
    {
        const int One = BilinearKernel<T>.One;
        var random = new Random(size);
        T[] x = [.. Enumerable.Range(0, 2 * size * size * channels).Select(i => T.CreateTruncating(i < 4 ? 32766 + i : random.Next()))];
        (int First, int Second, int Weight)[] taps = [.. Enumerable.Range(0, output).Select(_ => (random.Next(size), random.Next(size), random.Next(One + 1)))];
        T[] expected = [.. Enumerable.Range(0, 2 * output * output * channels).Select(i =>
        {
            (int image, int place) = Math.DivRem(i / channels, output * output);
            (int top, int bottom, int wy) = taps[place / output];
            (int left, int right, int wx) = taps[place % output];
            long At(int row, int column) => long.CreateTruncating(x[(((((image * size) + row) * size) + column) * channels) + (i % channels)]);
            long upper = (At(top, left) * (One - wx)) + (At(top, right) * wx);
            long lower = (At(bottom, left) * (One - wx)) + (At(bottom, right) * wx);
            return T.CreateTruncating(((upper * (One - wy)) + (lower * wy) + ((long)One * One / 2)) >> 22);
        })];
        foreach (int threads in new[] { 1, 2, 5 })
        {
            T[] y = new T[expected.Length];
            new BilinearKernel<T>((2, size, size, channels), taps, taps).Run(x, y, threads);
            Assert.Equal(expected, y);
        }
    }
}
