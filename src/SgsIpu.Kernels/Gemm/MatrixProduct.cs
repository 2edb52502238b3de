using System.Numerics;
using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>A prepared matrix product; see <see cref="MatrixProductSpec"/>.</summary>
public sealed class MatrixProduct
{
    private readonly MatrixProductSpec _spec;

    private MatrixProduct(MatrixProductSpec spec) => _spec = spec;

    /// <summary>The fastest kernel of a form; all give the same integers.</summary>
    public static MatrixProduct Create(MatrixProductSpec spec, KernelForm form) => new(spec);

    /// <summary>Computes every matrix of the output.</summary>
    /// <param name="b">INT16.</param>
    public void Run(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, Span<byte> y, int threads)
    {
        if (_spec.TypeA == DataType.UInt8)
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
        (int m, int k, int n) = (_spec.M, _spec.K, _spec.N);
        (int aRow, int aStep) = _spec.TransposeA ? (1, m) : (k, 1);
        (int bColumn, int bStep) = _spec.TransposeB ? (k, 1) : (1, n);
        int element = 0;
        foreach ((int matrixA, int matrixB) in _spec.Pairs)
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
                        sum += (long)(int.CreateTruncating(left[(row * aRow) + (i * aStep)]) - _spec.ZeroPointA) * right[(column * bColumn) + (i * bStep)];
                    }

                    _spec.Output.Write(y, element++, column, sum);
                }
            }
        }
    }
}
