using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels.Tests.Elementwise;

public sealed class ChannelSumKernelTests
{
    public static TheoryData<DataType, DataType, DataType> Types
    {
        get
        {
            var types = new TheoryData<DataType, DataType, DataType>();
            DataType[] all = [DataType.UInt8, DataType.Int16];
            foreach (DataType a in all)
            {
                foreach (DataType b in all)
                {
                    types.Add(a, b, DataType.UInt8);
                    types.Add(a, b, DataType.Int16);
                }
            }

            return types;
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_form_gives_the_scalar_integers_which_are_the_rounded_sums(DataType a, DataType b, DataType y)
    {
        var random = new Random(4);
        foreach (int channels in (int[])[1, 2, 7, 16, 17, 40])
        {
            (int zeroA, int zeroB, int zero) = (a == DataType.UInt8 ? 100 : 0, b == DataType.UInt8 ? 255 : 0, y == DataType.UInt8 ? 128 : 0);
            ImmutableArray<double> factorsA = Factors(random, channels);
            ImmutableArray<double> factorsB = [.. Factors(random, channels).Select(f => -f)];
            int count = channels * 2011;
            byte[] left = Values(random, a, count);
            byte[] right = Values(random, b, count);
            IntegerRange range = IntegerRange.Of(y, zero);
            ImmutableArray<int> offsets = channels == 7 ? [] : [.. Enumerable.Range(0, channels).Select(_ => random.Next(-200, 200))];
            long[] scalar = Run(KernelForm.Scalar, 1);
            for (int i = 0; i < count; i++)
            {
                double sum = ((At(left, a, i) - zeroA) * factorsA[i % channels]) + ((At(right, b, i) - zeroB) * factorsB[i % channels]);
                Assert.InRange(scalar[i] - Math.Clamp(sum + zero + (offsets.IsEmpty ? 0 : offsets[i % channels]), range.Low, range.High), -0.502, 0.502);
            }

            foreach (KernelForm form in KernelForms.Available)
            {
                Assert.Equal(scalar, Run(form, 1));
                Assert.Equal(scalar, Run(form, 3));
            }

            long[] Run(KernelForm form, int threads)
            {
                byte[] result = new byte[count * (y == DataType.UInt8 ? 1 : 2)];
                new ChannelSumKernel((a, zeroA), factorsA, (b, zeroB), factorsB, y, range, form, offsets).Run(left, right, result, threads);
                return [.. Enumerable.Range(0, count).Select(i => (long)At(result, y, i))];
            }
        }
    }

    [Fact]
    public void One_tensor_is_rescaled()
    {
        byte[] y = new byte[4];
        new ChannelSumKernel((DataType.UInt8, 100), [1.0, 0.5], DataType.UInt8, IntegerRange.Of(DataType.UInt8, 10), KernelForm.Scalar, [0, -11]).Run([100, 100, 103, 103], y);
        Assert.Equal([10, 0, 13, 1], y);
    }

    [Fact]
    public void Factors_beyond_reach_saturate_and_factors_too_small_give_zero()
    {
        short[] x = [-3, -3, 3, 3, 0, 0];
        short[] y = new short[6];
        new ChannelSumKernel((DataType.Int16, 0), [1e9, 1e-12], DataType.Int16, IntegerRange.Of(DataType.Int16, 0), KernelForm.Scalar)
            .Run(MemoryMarshal.AsBytes(x.AsSpan()), MemoryMarshal.AsBytes(y.AsSpan()));
        Assert.InRange(y[2], 12280, 12290);
        Assert.InRange(y[0], -12290, -12280);
        Assert.Equal([0, 0, 0, 0], [y[1], y[3], y[4], y[5]]);
    }

    private static ImmutableArray<double> Factors(Random random, int channels) =>
        [.. Enumerable.Range(0, channels).Select(_ => Math.Pow(2, (random.NextDouble() * 12) - 11))];

    private static byte[] Values(Random random, DataType type, int count)
    {
        byte[] bytes = new byte[type == DataType.UInt8 ? count : 2 * count];
        random.NextBytes(bytes);
        if (type == DataType.Int16)
        {
            short[] extremes = [short.MinValue, short.MaxValue];
            MemoryMarshal.AsBytes(extremes.AsSpan())[..Math.Min(4, bytes.Length)].CopyTo(bytes);
        }

        return bytes;
    }

    private static int At(byte[] values, DataType type, int index) => type == DataType.UInt8 ? values[index] : MemoryMarshal.Cast<byte, short>(values)[index];
}
