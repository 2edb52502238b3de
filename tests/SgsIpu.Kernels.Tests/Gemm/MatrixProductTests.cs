using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Kernels.Tests;

/// <summary>Every form of the matrix product against the scalar one, and that against the definition.</summary>
public sealed class MatrixProductTests
{
    public static TheoryData<KernelForm, DataType> Forms()
    {
        var data = new TheoryData<KernelForm, DataType>();
        foreach (KernelForm form in KernelForms.Products.Union([KernelForm.V128]).Where(f => f != KernelForm.Scalar))
        {
            data.Add(form, DataType.UInt8);
            data.Add(form, DataType.Int16);
        }

        return data;
    }

    [Theory]
    [InlineData(DataType.UInt8)]
    [InlineData(DataType.Int16)]
    public void Scalar_form_follows_the_definition(DataType type)
    {
        var random = new Random(3);
        for (int i = 0; i < 20; i++)
        {
            MatrixProductSpec spec = Case(random, type);
            (byte[] a, byte[] b) = Data(random, spec);
            byte[] y = Output(spec);
            MatrixProduct.Create(spec, KernelForm.Scalar).Run(a, b, y, 1);
            Assert.Equal(Defined(spec, a, b), Elements(y, spec.Output.Type));
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Vector_forms_give_the_bytes_of_the_scalar_form(KernelForm form, DataType type)
    {
        var random = new Random(31);
        for (int i = 0; i < 60; i++)
        {
            MatrixProductSpec spec = Case(random, type);
            (byte[] a, byte[] b) = Data(random, spec);
            byte[] expected = Output(spec);
            MatrixProduct.Create(spec, KernelForm.Scalar).Run(a, b, expected, 1);
            MatrixProduct fast = MatrixProduct.Create(spec, form);
            foreach (int threads in new[] { 1, 3 })
            {
                byte[] y = Output(spec);
                fast.Run(a, b, y, threads);
                Assert.True(expected.AsSpan().SequenceEqual(y), $"{threads} threads: {spec}, {spec.Output}");
            }
        }
    }

    private static MatrixProductSpec Case(Random random, DataType type)
    {
        int k = random.Next(6) == 0 ? random.Next(500, 1100) : random.Next(1, 90);
        int n = random.Next(1, 70);
        return new MatrixProductSpec
        {
            M = random.Next(1, 40),
            K = k,
            N = n,
            TransposeA = random.Next(2) == 0,
            TransposeB = random.Next(2) == 0,
            TypeA = type,
            ZeroPointA = type == DataType.UInt8 ? random.Next(256) : random.Next(4) == 0 ? 7 : 0,
            Pairs = random.Next(2) == 0 ? [(0, 0)] : [(0, 1), (1, 1), (2, 0)],
            Output = ConvolutionCases.Stage(random, n, k * (type == DataType.UInt8 ? 128.0 : 16384.0) * 16384.0),
        };
    }

    private static (byte[] A, byte[] B) Data(Random random, MatrixProductSpec spec)
    {
        byte[] b = ConvolutionCases.Elements(random, 2 * spec.K * spec.N, DataType.Int16);
        if (random.Next(3) == 0)
        {
            foreach (ref short value in MemoryMarshal.Cast<byte, short>(b.AsSpan()))
            {
                value >>= 8;
            }
        }

        return (ConvolutionCases.Elements(random, 3 * spec.M * spec.K, spec.TypeA), b);
    }

    private static byte[] Output(MatrixProductSpec spec) => new byte[spec.Pairs.Length * spec.M * spec.N * (spec.Output.Type == DataType.UInt8 ? 1 : 2)];

    private static long[] Elements(byte[] data, DataType type) => type == DataType.UInt8
        ? [.. data.Select(v => (long)v)]
        : [.. MemoryMarshal.Cast<byte, short>(data).ToArray().Select(v => (long)v)];

    private static long[] Defined(MatrixProductSpec s, byte[] dataA, byte[] dataB)
    {
        long[] a = Elements(dataA, s.TypeA);
        long[] b = Elements(dataB, DataType.Int16);
        var y = new List<long>();
        foreach ((int left, int right) in s.Pairs)
        {
            for (int e = 0; e < s.M * s.N; e++)
            {
                (int row, int column) = (e / s.N, e % s.N);
                long sum = Enumerable.Range(0, s.K).Sum(k =>
                    (a[(left * s.M * s.K) + (s.TransposeA ? (k * s.M) + row : (row * s.K) + k)] - s.ZeroPointA)
                    * b[(right * s.K * s.N) + (s.TransposeB ? (column * s.K) + k : (k * s.N) + column)]);
                y.Add(ConvolutionCases.Finish(s.Output, column, sum));
            }
        }

        return [.. y];
    }
}
