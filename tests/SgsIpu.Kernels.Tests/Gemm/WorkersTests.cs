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
