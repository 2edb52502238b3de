using System.Buffers;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>Sums of products of some variables with each other, over any number of observations. Summed in the same order on every machine.</summary>
/// <param name="size">Variables.</param>
internal sealed class GramSums(int size)
{
    private readonly int _stride = Rounded(size, MatrixProducts.TileColumns);

    /// <summary>[variables, stride]; the lower half alone, and what tiles have beyond it.</summary>
    private readonly float[] _sums = new float[(long)Rounded(size, MatrixProducts.TileRows) * Rounded(size, MatrixProducts.TileColumns)];

    /// <param name="i">A variable.</param>
    /// <param name="j">Another, not behind it.</param>
    public float this[int i, int j] => _sums[(i * _stride) + j];

    /// <summary>Adds observations.</summary>
    /// <param name="values">[variables, places].</param>
    /// <param name="count">Places that hold an observation, the first of each row.</param>
    public void Add(ReadOnlySpan<float> values, int count, CancellationToken cancellationToken)
    {
        int tileSize = MatrixProducts.Chunk * MatrixProducts.TileRows;
        int panelSize = MatrixProducts.Chunk * MatrixProducts.TileColumns;
        float[] left = ArrayPool<float>.Shared.Rent(Rounded(size, MatrixProducts.TileRows) * MatrixProducts.Chunk);
        float[] right = ArrayPool<float>.Shared.Rent(_stride * MatrixProducts.Chunk);
        for (int first = 0; first < count; first += MatrixProducts.Chunk)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int rows = Math.Min(MatrixProducts.Chunk, count - first);
            Pack(values, first, rows, MatrixProducts.TileRows, left);
            Pack(values, first, rows, MatrixProducts.TileColumns, right);
            for (int i = 0; i * MatrixProducts.TileRows < size; i++)
            {
                int end = Math.Min(size, (i + 1) * MatrixProducts.TileRows);
                for (int j = 0; j * MatrixProducts.TileColumns < end; j++)
                {
                    MatrixProducts.Tile(
                        left.AsSpan(i * tileSize, rows * MatrixProducts.TileRows),
                        right.AsSpan(j * panelSize, rows * MatrixProducts.TileColumns),
                        _sums.AsSpan((i * MatrixProducts.TileRows * _stride) + (j * MatrixProducts.TileColumns)),
                        _stride);
                }
            }
        }

        ArrayPool<float>.Shared.Return(left);
        ArrayPool<float>.Shared.Return(right);
    }

    private static int Rounded(int count, int unit) => (count + unit - 1) / unit * unit;

    /// <summary>Some observations in panels of <paramref name="width"/> variables; zeros beyond the last variable.</summary>
    private void Pack(ReadOnlySpan<float> values, int first, int rows, int width, Span<float> panels)
    {
        for (int v = 0; v < Rounded(size, width); v++)
        {
            Span<float> target = panels[((v / width * MatrixProducts.Chunk * width) + (v % width))..];
            ReadOnlySpan<float> source = v < size ? values.Slice((v * (values.Length / size)) + first, rows) : [];
            for (int r = 0; r < rows; r++)
            {
                target[r * width] = r < source.Length ? source[r] : 0;
            }
        }
    }
}
