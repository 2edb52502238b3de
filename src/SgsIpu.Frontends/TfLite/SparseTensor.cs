using SgsIpu.Core;

namespace SgsIpu.Frontends.TfLite;

/// <summary>
/// Sparse constants in the format of TACO (Kjolstad et al., "The Tensor Algebra Compiler", OOPSLA 2017), as the schema describes it: levels
/// in an order of their own, each dense or compressed, the innermost ones of which may be dimensions of a block.
/// </summary>
internal static class SparseTensor
{
    private sealed record Level(int Dense, int[] Segments, int[] Indices);

    /// <summary>The bytes of the same tensor with its zeros.</summary>
    /// <exception cref="IpuException">The description does not fit the shape or the values (id <c>TfLiteSparsity</c>).</exception>
    public static byte[] Densify(RawTensor raw, FlatTable sparsity, Shape shape)
    {
        int[] order = sparsity.Ints(0);
        int[] blocks = sparsity.Ints(1);
        Level[] levels = [.. sparsity.Tables(2).Select(Read)];
        int width = TfLiteTypes.Width(raw.Type);
        int rank = shape.Rank;
        bool ordered = order.Length == rank + blocks.Length && order.Order().SequenceEqual(Enumerable.Range(0, order.Length));
        if (!ordered || levels.Length != order.Length || blocks.Any(b => b < 0 || b >= rank) || rank > 8 || width == 0)
        {
            throw Wrong($"it has {levels.Length} levels in the order [{string.Join(", ", order)}] with blocks of [{string.Join(", ", blocks)}]");
        }

        // Every position of a level is visited once, so that their number bounds the work.
        long positions = 1;
        foreach (Level level in levels)
        {
            bool dense = level.Segments.Length == 0;
            if (dense ? level.Dense < 1 || (positions *= level.Dense) > shape.Count : !IsCompressed(level, positions))
            {
                throw Wrong("a level does not fit the one before it");
            }

            positions = dense ? positions : level.Indices.Length;
        }

        if (raw.Data.Length != positions * width)
        {
            throw Wrong($"it holds {raw.Data.Length} bytes for {positions} values of {width}");
        }

        // A coordinate is the one of its block times the block's size, plus the one inside of it.
        var sizes = Enumerable.Repeat(1, rank).ToArray();
        for (int b = 0; b < blocks.Length; b++)
        {
            sizes[blocks[b]] = levels[Array.IndexOf(order, rank + b)].Dense;
        }

        int[] strides = shape.Strides();
        var result = new byte[checked((int)shape.Count * width)];
        var place = new int[rank];
        Visit(0, 0);
        return result;

        void Visit(int depth, int position)
        {
            if (depth == levels.Length)
            {
                int at = 0;
                for (int d = 0; d < rank; d++)
                {
                    at += place[d] < shape[d] ? place[d] * strides[d] : throw Wrong($"a value lies beyond {shape}");
                }

                raw.Data.Span.Slice(position * width, width).CopyTo(result.AsSpan(at * width));
                return;
            }

            Level level = levels[depth];
            bool dense = level.Segments.Length == 0;
            int from = dense ? 0 : level.Segments[position];
            int to = dense ? level.Dense : level.Segments[position + 1];
            int dimension = order[depth] < rank ? order[depth] : blocks[order[depth] - rank];
            int step = order[depth] < rank ? sizes[dimension] : 1;
            for (int i = from; i < to; i++)
            {
                int coordinate = dense ? i : level.Indices[i];
                if (coordinate < 0 || coordinate >= shape[dimension])
                {
                    throw Wrong($"a value lies beyond {shape}");
                }

                place[dimension] += coordinate * step;
                Visit(depth + 1, dense ? (position * level.Dense) + i : i);
                place[dimension] -= coordinate * step;
            }
        }

        IpuException Wrong(string what) => raw.Error("TfLiteSparsity", $"it is sparse, and its description is damaged: {what}");
    }

    private static bool IsCompressed(Level level, long parents)
    {
        bool rising = level.Segments[0] == 0 && level.Segments.Zip(level.Segments.Skip(1)).All(p => p.First <= p.Second);
        return rising && level.Segments.Length == parents + 1 && level.Segments[^1] == level.Indices.Length;
    }

    private static Level Read(FlatTable table) => table.Byte(0) == 0
        ? new Level(table.Int(1), [], [])
        : new Level(0, Integers(table, 2) is { Length: > 0 } segments ? segments : [-1], Integers(table, 4));

    /// <summary>A union of vectors: its kind, and after that the table of its values.</summary>
    private static int[] Integers(FlatTable table, int field) => table.Table(field + 1) is not { } values ? [] : table.Byte(field) switch
    {
        1 => values.Ints(0),
        2 => values.Unsigned(0, 2),
        3 => values.Unsigned(0, 1),
        _ => [],
    };
}
