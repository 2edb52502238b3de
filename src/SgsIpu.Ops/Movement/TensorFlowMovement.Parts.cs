using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Slices, splits and picks of TensorFlow and TFLite.</summary>
internal static partial class TensorFlowMovement
{
    private static SliceOp Part(Shape x, int axis, int from, int size) =>
        new([.. x.Select((_, d) => d == axis ? from : 0)], [.. x.With(axis, size)], [.. x.Select(_ => 1)]);

    private static void Split(LiftContext c, int input, int wanted, int[]? sizes)
    {
        Shape x = c.Spec(input).Shape;
        int axis = x.Axis(wanted);
        sizes ??= x[axis] % c.OutputCount == 0 ? [.. Enumerable.Repeat(x[axis] / c.OutputCount, c.OutputCount)] : [];
        if (Array.IndexOf(sizes, -1) is var open and >= 0)
        {
            sizes[open] = 0;
            sizes[open] = x[axis] - sizes.Sum();
        }

        if (sizes.Length != c.OutputCount || sizes.Any(s => s < 0) || sizes.Sum(s => (long)s) != x[axis])
        {
            throw c.Error("ShapeMismatch", $"{c.OutputCount} parts of [{string.Join(", ", sizes)}] do not make up dimension {axis} of {c.Spec(input)}");
        }

        int from = 0;
        for (int i = 0; i < sizes.Length; i++)
        {
            c.AddOutput(i, Part(x, axis, from, sizes[i]), c.Input(input));
            from += sizes[i];
        }
    }

    private static void Slice(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int[] begin = c.RequireConstant(1, "begin").ToInts();
        int[] size = c.RequireConstant(2, "size").ToInts();
        if (begin.Length != x.Rank || size.Length != x.Rank)
        {
            throw c.Error("ShapeMismatch", $"begin and size have {begin.Length} and {size.Length} numbers for {c.Spec(0)}");
        }

        c.AddOutput(0, new SliceOp([.. begin], [.. size.Select((s, d) => s == -1 ? x[d] - begin[d] : s)], [.. x.Select(_ => 1)]), c.Input(0));
    }

    /// <summary>Bit i of a mask is about entry i of the specification, which may stand for no, one or many dimensions.</summary>
    private static void StridedSlice(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int[] begin = c.RequireConstant(1, "begin").ToInts();
        int[] end = c.RequireConstant(2, "end").ToInts();
        int[] strides = c.RequireConstant(3, "strides").ToInts();
        end = c.Node.Bool("offset", false) && end.Length == begin.Length ? [.. end.Zip(begin, (e, b) => e + b)] : end;
        bool Bit(string mask, int i) => (c.Node.Int(mask, 0) >> i & 1) != 0;
        int named = Enumerable.Range(0, begin.Length).Count(i => !Bit("new_axis_mask", i) && !Bit("ellipsis_mask", i));
        if (end.Length != begin.Length || strides.Length != begin.Length || begin.Length > 32 || named > x.Rank || strides.Contains(0))
        {
            throw c.Error("ShapeMismatch", $"begin [{string.Join(", ", begin)}], end [{string.Join(", ", end)}] and strides [{string.Join(", ", strides)}] do not fit {c.Spec(0)}");
        }

        int[] from = new int[x.Rank];
        int[] sizes = [.. x];
        int[] by = [.. Enumerable.Repeat(1, x.Rank)];
        var result = new List<int>();
        int axis = 0;
        for (int i = 0; i < begin.Length; i++)
        {
            if (Bit("ellipsis_mask", i))
            {
                for (int left = x.Rank - named; left > 0; left--)
                {
                    result.Add(x[axis++]);
                }
            }
            else if (Bit("new_axis_mask", i))
            {
                result.Add(1);
            }
            else
            {
                int length = x[axis];
                bool shrunk = Bit("shrink_axis_mask", i);
                int step = shrunk ? 1 : strides[i];
                long low = step > 0 ? 0 : -1;
                long high = step > 0 ? length : length - 1;
                long start = Bit("begin_mask", i) && !shrunk ? (step > 0 ? low : high) : Math.Clamp(begin[i] < 0 ? (long)begin[i] + length : begin[i], low, high);
                long stop = shrunk ? start + 1 : Bit("end_mask", i) ? (step > 0 ? high : low) : Math.Clamp(end[i] < 0 ? (long)end[i] + length : end[i], low, high);
                long size = Math.Max(0, step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -(long)step);
                (from[axis], sizes[axis], by[axis]) = (size == 0 ? 0 : (int)start, (int)size, step);
                if (!shrunk)
                {
                    result.Add((int)size);
                }

                axis++;
            }
        }

        result.AddRange(x.Skip(axis));
        string slice = c.Add("slice", new SliceOp([.. from], [.. sizes], [.. by]), c.Input(0));
        c.AddOutput(0, new ReshapeOp(new Shape([.. result])), slice);
    }

    /// <summary>Leading dimensions may be a batch that data and indices share: then the picked dimension comes right behind it, and goes back to its place.</summary>
    private static void Gather(LiftContext c, int axis)
    {
        Shape x = c.Spec(0).Shape;
        Shape indices = c.Spec(1).Shape;
        int batch = (int)c.Node.Int("batch_dims", 0);
        batch = batch < 0 ? batch + indices.Rank : batch;
        if (batch == 0)
        {
            c.AddOutput(0, new GatherOp(axis), c.Input(0), c.Input(1));
            return;
        }

        if (batch < 0 || batch > axis || batch > indices.Rank)
        {
            throw c.Error("ShapeMismatch", $"{batch} batch dimensions do not fit {c.Spec(0)}, {c.Spec(1)} and dimension {axis}");
        }

        int[] order = [.. Enumerable.Range(0, batch), axis, .. Enumerable.Range(batch, x.Rank - batch).Where(d => d != axis)];
        string data = axis == batch ? c.Input(0) : c.Add("data", new TransposeOp([.. order]), c.Input(0));
        string tuples = c.Add("tuples", new ReshapeOp(new Shape([.. indices, 1])), c.Input(1));
        if (axis == batch)
        {
            c.AddOutput(0, new GatherNDOp(batch), data, tuples);
            return;
        }

        // Batch, indices, what stood before the dimension, what stood behind it.
        int picked = indices.Rank - batch;
        IEnumerable<int> back = [.. Enumerable.Range(0, batch), .. Enumerable.Range(batch + picked, axis - batch), .. Enumerable.Range(batch, picked), .. Enumerable.Range(axis + picked, x.Rank - axis - 1)];
        c.AddOutput(0, new TransposeOp([.. back]), c.Add("picked", new GatherNDOp(batch), data, tuples));
    }
}
