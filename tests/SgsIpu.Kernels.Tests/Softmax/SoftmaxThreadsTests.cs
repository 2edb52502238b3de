using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;
using SgsIpu.Kernels.Softmax;

namespace SgsIpu.Kernels.Tests.Softmax;

public sealed class SoftmaxThreadsTests
{
    [Theory]
    [InlineData(DataType.UInt8, DataType.UInt8, 1)]
    [InlineData(DataType.UInt8, DataType.Int16, 40)]
    [InlineData(DataType.Int16, DataType.UInt8, 40)]
    [InlineData(DataType.Int16, DataType.Int16, 1)]
    public void Rows_do_not_depend_on_the_number_of_threads(DataType input, DataType output, int inner)
    {
        const int Outer = 37;
        const int Length = 21;
        int inputSize = input.Bits() / 8;
        int outputSize = output.Bits() / 8;
        byte[] x = new byte[Outer * Length * inner * inputSize];
        new Random(1).NextBytes(x);
        IntegerRange range = output == DataType.UInt8 ? new IntegerRange(0, 0, 255) : new IntegerRange(0, -32767, 32767);
        var plain = new SoftmaxKernel(input, output, range, 1.0 / 250, SoftmaxKernel.BuildTable(1e-3));
        var logarithm = new LogSoftmaxKernel(input, 1e-3, output, range, 1.0 / 250, LogSoftmaxKernel.BuildTable(1e-3));
        byte[] one = Run(1);
        Assert.True(one.AsSpan().SequenceEqual(Run(2)));
        Assert.True(one.AsSpan().SequenceEqual(Run(5)));

        byte[] Run(int threads)
        {
            byte[] y = new byte[2 * Outer * Length * inner * outputSize];
            plain.Run(x, y.AsSpan(0, y.Length / 2), Outer, Length, inner, threads);
            logarithm.Run(x, y.AsSpan(y.Length / 2), Outer, Length, inner, threads);
            return y;
        }
    }
}
