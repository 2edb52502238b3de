using System.Numerics;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Kernels.Tests;

/// <summary>The requantizer against unbounded integers.</summary>
public sealed class RequantizerTests
{
    private static readonly double[] Scales =
    [
        0, 1, 0.5, 2, 3, 1.0 / 3, 0.1, 0.99999999999, 1.00000000001, 1e-3, 7.3e-6, 1.9e-10, 2.2e-12, 1e-20, 1e-28, 1e-300, double.Epsilon,
        255, 32767, 65536.5, 1e9, 2147483647, -1, -0.37, -2147483647,
    ];

    private static readonly long[] Accumulators =
    [
        0, 1, -1, 2, -2, 3, -3, 127, -128, 255, 32767, -32768, 65535, 1 << 30, -(1 << 30), int.MaxValue, int.MinValue, int.MaxValue + 1L, int.MinValue - 1L,
        1L << 40, -(1L << 40), (1L << 62) + 12345, long.MaxValue, long.MinValue, long.MaxValue - 1, long.MinValue + 1,
    ];

    [Fact]
    public void Equals_unbounded_arithmetic_on_extremes()
    {
        foreach (double scale in Scales)
        {
            Requantizer requantizer = Requantizer.FromScale(scale);
            foreach (long accumulator in Accumulators)
            {
                Check(requantizer, accumulator);
            }
        }
    }

    [Fact]
    public void Equals_unbounded_arithmetic_at_every_shift()
    {
        var random = new Random(7);
        for (int shift = 0; shift <= Requantizer.MaxShift; shift++)
        {
            foreach (int multiplier in new[] { 1 << 30, int.MaxValue, -(1 << 30), -int.MaxValue, random.Next(1 << 30, int.MaxValue) })
            {
                var requantizer = new Requantizer(multiplier, shift);
                foreach (long accumulator in Accumulators)
                {
                    Check(requantizer, accumulator);
                }

                for (int i = 0; i < 50; i++)
                {
                    Check(requantizer, random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(0, 63));
                }
            }
        }
    }

    [Theory]
    [InlineData(0.5, 1, 1)]
    [InlineData(0.5, -1, 0)]
    [InlineData(0.5, 3, 2)]
    [InlineData(0.5, -3, -1)]
    [InlineData(0.25, 5, 1)]
    [InlineData(0.25, -6, -1)]
    [InlineData(-0.5, 1, 0)]
    [InlineData(1.0, -7, -7)]
    public void Rounds_half_up(double scale, int accumulator, int expected)
    {
        Assert.Equal(expected, Requantizer.FromScale(scale).Apply(accumulator));
        Assert.Equal(expected, Requantizer.FromScale(scale).Apply((long)accumulator));
    }

    [Fact]
    public void Multiplier_is_within_one_part_in_2_to_31()
    {
        var random = new Random(11);
        for (int i = 0; i < 2000; i++)
        {
            double scale = Math.ScaleB(1 + random.NextDouble(), random.Next(-64, 30));
            Requantizer requantizer = Requantizer.FromScale(scale);
            Assert.InRange(requantizer.Multiplier, 1 << 30, int.MaxValue);
            Assert.InRange(Math.ScaleB(requantizer.Multiplier, -requantizer.Shift) / scale, 1 - Math.ScaleB(1, -31), 1 + Math.ScaleB(1, -31));
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(2147483648.0)]
    [InlineData(-2147483648.0)]
    public void Refuses_scales_out_of_range(double scale) =>
        Assert.Equal("RequantizeScale", Assert.Throws<IpuException>(() => Requantizer.FromScale(scale)).ErrorId);

    private static void Check(Requantizer requantizer, long accumulator)
    {
        BigInteger product = (BigInteger)accumulator * requantizer.Multiplier;
        BigInteger rounded = requantizer.Shift == 0 ? product : (product + (BigInteger.One << (requantizer.Shift - 1))) >> requantizer.Shift;
        int expected = (int)BigInteger.Min(int.MaxValue, BigInteger.Max(int.MinValue, rounded));
        Assert.Equal(expected, requantizer.Apply(accumulator));
        if ((int)accumulator == accumulator)
        {
            Assert.Equal(expected, requantizer.Apply((int)accumulator));
        }
    }
}
