namespace SgsIpu.Kernels.Tests;

public sealed class WorkersTests
{
    [Fact]
    public void Threads_that_call_at_once_each_have_every_item_done_once()
    {
        Parallel.For(0, 4, caller =>
        {
            var random = new Random(caller);
            for (int run = 0; run < 300; run++)
            {
                int[] counts = new int[random.Next(0, 60)];
                ConvolutionSpec spec = Copying(Math.Max(1, counts.Length));
                byte[] x = new byte[spec.Width];
                random.NextBytes(x);
                byte[] y = new byte[spec.Width];
                Convolution.Create(spec, KernelForms.CurrentProduct).Run(x, y, random.Next(1, 5));
                Assert.Equal(x, y);
            }
        });
    }

    [Fact]
    public void Threads_that_have_fallen_asleep_are_woken_and_those_that_fall_asleep_are_not_waited_for()
    {
        byte[] x = new byte[1 << 10];
        new Random(1).NextBytes(x);
        Convolution copying = Convolution.Create(Copying(x.Length), KernelForms.CurrentProduct);
        for (int run = 0; run < 60; run++)
        {
            // Around the moment after which a thread sleeps.
            long end = System.Diagnostics.Stopwatch.GetTimestamp() + (System.Diagnostics.Stopwatch.Frequency / 1_000_000 * (20 + run));
            while (System.Diagnostics.Stopwatch.GetTimestamp() < end)
            {
                Thread.SpinWait(1);
            }

            byte[] y = new byte[x.Length];
            copying.Run(x, y, 3);
            Assert.Equal(x, y);
        }
    }

    /// <summary>A convolution whose output is its input.</summary>
    private static ConvolutionSpec Copying(int width) => new()
    {
        Height = 1,
        Width = width,
        Channels = 1,
        OutHeight = 1,
        OutWidth = width,
        InputType = SgsIpu.Core.DataType.UInt8,
        InputZeroPoint = 0,
        Weights = [1],
        Output = new OutputStage(SgsIpu.Core.DataType.UInt8, [0], [Requantizer.One], 0, 0, 255),
    };
}
