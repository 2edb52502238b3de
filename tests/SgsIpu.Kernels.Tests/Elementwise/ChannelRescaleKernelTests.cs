using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels.Tests.Elementwise;

public sealed class ChannelRescaleKernelTests
{
    [Fact]
    public void EveryFormGivesTheScalarBytesWhichAreTheRoundedNumbers()
    {
        var random = new Random(4);
        for (int channels = 1; channels <= 40; channels++)
        {
            ImmutableArray<double> factors = [.. Enumerable.Range(0, channels).Select(_ => Math.Pow(2, (random.NextDouble() * 12) - 11))];
            int zero = random.Next(256);
            short[] x = [.. Enumerable.Range(0, channels * 7).Select(i => i % 11 == 0 ? short.MinValue : i % 13 == 0 ? short.MaxValue : (short)random.Next(-3000, 3000))];
            byte[] scalar = Run(x, factors, zero, KernelForm.Scalar);
            for (int i = 0; i < x.Length; i++)
            {
                // Half a step, and what 29 bits of the largest factor leave of the smallest.
                double exact = Math.Clamp((x[i] * factors[i % channels]) + zero, 0, 255);
                Assert.InRange(scalar[i] - exact, -0.501, 0.501);
            }

            foreach (KernelForm form in KernelForms.Available)
            {
                Assert.Equal(scalar, Run(x, factors, zero, form));
            }
        }
    }

    [Fact]
    public void BytesAreCentredFirst()
    {
        var y = new byte[4];
        new ChannelRescaleKernel(DataType.UInt8, 100, [1.0, 0.5], 10, KernelForm.Scalar).Run([100, 100, 103, 103], y);
        Assert.Equal([10, 10, 13, 12], y);
    }

    private static byte[] Run(short[] x, ImmutableArray<double> factors, int zero, KernelForm form)
    {
        var y = new byte[x.Length];
        new ChannelRescaleKernel(DataType.Int16, 0, factors, zero, form).Run(MemoryMarshal.AsBytes(x.AsSpan()), y);
        return y;
    }
}
