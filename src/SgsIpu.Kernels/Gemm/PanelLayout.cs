namespace SgsIpu.Kernels;

/// <summary>
/// How the columns of a matrix [columns, K] lie for <see cref="ITileKernel"/>: panels of two vectors of columns, step by step along K; the
/// last is one vector where that suffices. Where sums may not fit INT32 a panel is one vector of columns, split: column = upper · 256 +
/// lower with lower in [−128, 127], the lowers in the first vector and the uppers (magnitude ≤ 128) in the second.
/// </summary>
internal readonly record struct PanelLayout(int Columns, int K, int Lanes, int StepElements, bool Split)
{
    /// <summary>Columns of a panel but the last.</summary>
    public int Width => Split ? Lanes : 2 * Lanes;

    public int Steps => (K + StepElements - 1) / StepElements;

    /// <summary>Bytes of a row of the other matrix, padded to whole steps.</summary>
    public int RowBytes => Steps * sizeof(int);

    /// <summary>INT32 of all panels.</summary>
    public int Length => Steps * (Split ? (Columns + Lanes - 1) / Lanes * 2 * Lanes : (Columns + Lanes - 1) / Lanes * Lanes);

    /// <summary>Where the panel of a column starts, which is a multiple of <see cref="Width"/>.</summary>
    public int Offset(int column) => Steps * (Split ? 2 * column : column);

    /// <summary>True where the panel of a column has two vectors.</summary>
    public bool IsTwo(int column) => Split || Columns - column > Lanes;

    /// <summary>Packs weights[column · columnStride + k · kStride]; the target is 0s, or packed with the same layout before.</summary>
    public void Pack(ReadOnlySpan<short> weights, int columnStride, int kStride, Span<int> target)
    {
        for (int column = 0; column < Columns; column++)
        {
            int panel = column / Width * Width;
            int vectors = IsTwo(panel) ? 2 : 1;
            Span<int> lane = target[(Offset(panel) + column - panel)..];
            for (int step = 0; step < Steps; step++)
            {
                int word = 0;
                int upper = 0;
                for (int e = 0; e < StepElements; e++)
                {
                    int k = (step * StepElements) + e;
                    int value = k < K ? weights[(column * columnStride) + (k * kStride)] : 0;
                    if (StepElements == 4)
                    {
                        word |= (byte)value << (8 * e);
                    }
                    else if (Split)
                    {
                        word |= (ushort)(sbyte)value << (16 * e);
                        upper |= (ushort)((value - (sbyte)value) >> 8) << (16 * e);
                    }
                    else
                    {
                        word |= (ushort)value << (16 * e);
                    }
                }

                lane[step * vectors * Lanes] = word;
                if (Split)
                {
                    lane[(step * vectors * Lanes) + Lanes] = upper;
                }
            }
        }
    }
}
