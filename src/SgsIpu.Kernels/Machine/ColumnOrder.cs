namespace SgsIpu.Kernels;

/// <summary>
/// Which column each lane of a panel's vectors holds. Narrowing joins the vectors of a group lane group by lane group (VPACKSSDW,
/// VPACKUSWB work within 128 bits), so that with columns in this order the narrowed elements come out in theirs.
/// </summary>
internal static class ColumnOrder
{
    public const int Lanes = 16;

    /// <summary>Vectors of a panel by groups that are narrowed together: four, two, or one.</summary>
    /// <param name="fours">True to have groups of four.</param>
    public static int[] Groups(int vectors, bool fours) => (vectors, fours) switch
    {
        (4, true) => [4],
        (4, false) => [2, 2],
        (3, _) => [2, 1],
        (2, _) => [2],
        _ => [1],
    };

    /// <summary>The column, counted from the panel's first, of a lane of a vector.</summary>
    public static int Column(int vectors, bool fours, int vector, int lane)
    {
        int first = 0;
        foreach (int size in Groups(vectors, fours))
        {
            if (vector < first + size)
            {
                return (Lanes * first) + (lane / 4 * 4 * size) + (4 * (vector - first)) + (lane % 4);
            }

            first += size;
        }

        throw new ArgumentOutOfRangeException(nameof(vector));
    }
}
