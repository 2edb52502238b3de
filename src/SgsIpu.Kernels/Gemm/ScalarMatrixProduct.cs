using System.Numerics;
using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>The specification of every matrix product: one loop over the definition, in INT64.</summary>
internal sealed class ScalarMatrixProduct(MatrixProductSpec spec) : MatrixProduct(spec)
{
    public override void Run(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, Span<byte> y, int threads)
    {
        if (Spec.TypeA == DataType.UInt8)
        {
            Run(a, MemoryMarshal.Cast<byte, short>(b), y);
        }
        else
        {
            Run(MemoryMarshal.Cast<byte, short>(a), MemoryMarshal.Cast<byte, short>(b), y);
        }
    }

    private void Run<T>(ReadOnlySpan<T> a, ReadOnlySpan<short> b, Span<byte> y)
        where T : unmanaged, IBinaryInteger<T>
    {
        (int m, int k, int n) = (Spec.M, Spec.K, Spec.N);
        (int aRow, int aStep) = Spec.TransposeA ? (1, m) : (k, 1);
        (int bColumn, int bStep) = Spec.TransposeB ? (k, 1) : (1, n);
        int element = 0;
        foreach ((int matrixA, int matrixB) in Spec.Pairs)
        {
            ReadOnlySpan<T> left = a.Slice(matrixA * m * k, m * k);
            ReadOnlySpan<short> right = b.Slice(matrixB * k * n, k * n);
            for (int row = 0; row < m; row++)
            {
                for (int column = 0; column < n; column++)
                {
                    long sum = 0;
                    for (int i = 0; i < k; i++)
                    {
                        sum += (long)(int.CreateTruncating(left[(row * aRow) + (i * aStep)]) - Spec.ZeroPointA) * right[(column * bColumn) + (i * bStep)];
                    }

                    Spec.Output.Write(y, element++, column, sum);
                }
            }
        }
    }
}
