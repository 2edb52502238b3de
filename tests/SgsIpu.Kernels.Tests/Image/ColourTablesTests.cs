using SgsIpu.Kernels.Image;

namespace SgsIpu.Kernels.Tests.Image;

public sealed class ColourTablesTests
{
    [Theory]
    [InlineData(3, false)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    [InlineData(4, true)]
    public void Every_form_reads_each_channels_own_table(int pixelBytes, bool swaps)
    {
        var random = new Random(3);
        byte[] tables = new byte[3 * 256];
        random.NextBytes(tables);
        foreach (int width in new[] { 1, 20, 21, 22, 43, 64, 201 })
        {
            // Rows with some bytes of padding.
            int rowBytes = (width * pixelBytes) + 5;
            byte[] x = new byte[4 * rowBytes];
            random.NextBytes(x);
            (int First, int Second, int Third) order = swaps ? (2, 1, 0) : (0, 1, 2);
            byte[] expected = [.. Enumerable.Range(0, 4 * width).SelectMany(i =>
            {
                int at = (i / width * rowBytes) + (i % width * pixelBytes);
                return new[] { tables[x[at + order.First]], tables[256 + x[at + order.Second]], tables[512 + x[at + order.Third]] };
            })];
            foreach (KernelForm form in KernelForms.Available)
            {
                foreach (int threads in new[] { 1, 3 })
                {
                    byte[] y = new byte[expected.Length];
                    ColourTables.Map(x, rowBytes, pixelBytes, order, tables, y.AsSpan(), 4, form, threads);
                    Assert.True(expected.AsSpan().SequenceEqual(y), $"{form}, width {width}, {threads} threads");
                }
            }
        }
    }
}
