namespace SgsIpu.Kernels.Tests;

public sealed class PoolKernelTests
{
    /// <summary>Against the definition, element by element, whatever the number of threads.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WindowsArePooledAsDefinedOnAnyNumberOfThreads(bool average)
    {
        for (int seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            (int n, int h, int w, int c) = (random.Next(1, 4), random.Next(1, 12), random.Next(1, 12), random.Next(1, 40));
            var window = new PoolWindow(random.Next(1, 5), random.Next(1, 5), random.Next(1, 4), random.Next(1, 4), random.Next(1, 3), random.Next(1, 3), random.Next(3), random.Next(3)) { PadBottom = 2, PadRight = 2 };
            (int oh, int ow) = (random.Next(1, 10), random.Next(1, 10));
            short[] x = [.. Enumerable.Range(0, n * h * w * c).Select(_ => (short)random.Next(short.MinValue, short.MaxValue + 1))];
            short[] wanted = new short[n * oh * ow * c];
            for (int i = 0; i < wanted.Length; i++)
            {
                (int b, int row, int column, int channel) = (i / c / ow / oh, i / c / ow % oh, i / c % ow, i % c);
                var values = new List<int>();
                for (int kh = 0; kh < window.KernelH; kh++)
                {
                    for (int kw = 0; kw < window.KernelW; kw++)
                    {
                        int y = (row * window.StrideH) - window.PadTop + (kh * window.DilationH);
                        int z = (column * window.StrideW) - window.PadLeft + (kw * window.DilationW);
                        if (y >= 0 && y < h && z >= 0 && z < w)
                        {
                            values.Add(x[(((((b * h) + y) * w) + z) * c) + channel]);
                        }
                    }
                }

                wanted[i] = (values.Count, average) switch
                {
                    (0, true) => 0,
                    (0, false) => short.MinValue,
                    (_, false) => (short)values.Max(),
                    _ => (short)Math.Floor((values.Sum() / (double)values.Count) + 0.5),
                };
            }

            var kernel = new PoolKernel<short>(window, (n, h, w, c), (oh, ow), average, null);
            foreach (int threads in new[] { 1, 2, 3 })
            {
                short[] result = new short[wanted.Length];
                kernel.Run(x, result, threads);
                Assert.Equal(wanted, result);
            }
        }
    }
}
