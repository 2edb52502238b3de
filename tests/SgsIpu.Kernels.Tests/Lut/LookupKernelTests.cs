using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels.Lut;

namespace SgsIpu.Kernels.Tests.Lut;

public sealed class LookupKernelTests
{
    [Theory]
    [InlineData(DataType.UInt8)]
    [InlineData(DataType.Int16)]
    public void Large_tensors_on_any_number_of_threads_read_what_single_elements_read(DataType output)
    {
        QuantParam x = QuantParam.PerTensor(8.0 / 32767);
        QuantParam y = output == DataType.UInt8 ? QuantParam.PerTensor(8.5 / 255, 10) : QuantParam.PerTensor(8.0 / 32767);
        Tensor table = LookupTable.Build(static v => v / (1 + Math.Exp(-v)), DataType.Int16, x, output, y);
        var random = new Random(12);
        short[] inputs = [.. Enumerable.Range(0, 40_003).Select(i => i < 3 ? (short)(i - 32768) : (short)random.Next(short.MinValue, short.MaxValue + 1))];
        int size = output == DataType.UInt8 ? 1 : 2;
        byte[] single = new byte[inputs.Length * size];
        for (int i = 0; i < inputs.Length; i++)
        {
            new LookupKernel(DataType.Int16, output, table).Run(MemoryMarshal.AsBytes(inputs.AsSpan(i, 1)), single.AsSpan(i * size, size));
        }

        var kernel = new LookupKernel(DataType.Int16, output, table);
        foreach (int threads in new[] { 1, 2, 3 })
        {
            byte[] all = new byte[single.Length];
            kernel.Run(MemoryMarshal.AsBytes(inputs.AsSpan()), all, threads);
            Assert.True(single.AsSpan().SequenceEqual(all));
        }
    }
}
