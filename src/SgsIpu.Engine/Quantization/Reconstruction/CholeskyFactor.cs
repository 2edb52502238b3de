using System.Runtime.CompilerServices;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>The lower triangle L with LLᵀ = H + damping · I, in an order of the variables.</summary>
internal sealed class CholeskyFactor
{
    private const int Block = 64;

    private readonly double[] _rows;
    private readonly int _size;

    private CholeskyFactor(double[] rows, int size)
    {
        _rows = rows;
        _size = size;
    }

    /// <summary>Factorizes a symmetric matrix.</summary>
    /// <param name="matrix">[size, size], positive semi-definite up to rounding.</param>
    /// <param name="order">The variable at each position.</param>
    /// <param name="damping">Added to the diagonal; raised as far as needed to have a positive definite matrix.</param>
    public static CholeskyFactor Of(float[] matrix, ReadOnlySpan<int> order, double damping, CancellationToken cancellationToken)
    {
        int n = order.Length;
        var rows = new double[(long)n * n];
        int[] at = order.ToArray();
        for (; ; damping *= 4)
        {
            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j <= i; j++)
                {
                    rows[(i * n) + j] = matrix[(at[i] * n) + at[j]];
                }

                rows[(i * n) + i] += damping;
            }

            if (Factorize(rows, n, cancellationToken))
            {
                return new CholeskyFactor(rows, n);
            }
        }
    }

    /// <summary>The rows in single precision: [size, size], zeros above the diagonal.</summary>
    public float[] ToFloats()
    {
        var result = new float[_rows.Length];
        for (int i = 0; i < _size; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                result[(i * _size) + j] = (float)_rows[(i * _size) + j];
            }
        }

        return result;
    }

    /// <summary>Solves LLᵀx = b in place; variables in the order of the factor.</summary>
    public void Solve(Span<double> x)
    {
        for (int i = 0; i < _size; i++)
        {
            x[i] = (x[i] - MatrixProducts.Dot(_rows.AsSpan(i * _size, i), x[..i])) / _rows[(i * _size) + i];
        }

        for (int i = _size - 1; i >= 0; i--)
        {
            double value = x[i] /= _rows[(i * _size) + i];
            ReadOnlySpan<double> row = _rows.AsSpan(i * _size, i);
            for (int j = 0; j < row.Length; j++)
            {
                x[j] -= value * row[j];
            }
        }
    }

    /// <summary>False where the matrix is not positive definite.</summary>
    private static bool Factorize(double[] rows, int n, CancellationToken cancellationToken)
    {
        for (int first = 0; first < n; first += Block)
        {
            int last = Math.Min(n, first + Block);
            for (int i = first; i < last; i++)
            {
                if (!Row(rows, n, i, first, i + 1))
                {
                    return false;
                }
            }

            // The rows below need those of the block only.
            int from = first;
            ParallelWork.For(n - last, Environment.ProcessorCount, i => Row(rows, n, last + i, from, last), cancellationToken);
        }

        return true;
    }

    /// <summary>Columns <paramref name="first"/> to <paramref name="end"/> of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Row(double[] rows, int n, int i, int first, int end)
    {
        Span<double> row = rows.AsSpan(i * n, n);
        for (int j = first; j < end; j++)
        {
            double rest = row[j] - MatrixProducts.Dot(row[..j], rows.AsSpan(j * n, j));
            if (i != j)
            {
                row[j] = rest / rows[(j * n) + j];
            }
            else if (rest > 0 && double.IsFinite(rest))
            {
                row[j] = Math.Sqrt(rest);
            }
            else
            {
                return false;
            }
        }

        return true;
    }
}
