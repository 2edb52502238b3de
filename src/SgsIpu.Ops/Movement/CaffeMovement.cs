using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Caffe's layers that move values or name them otherwise.</summary>
internal static class CaffeMovement
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Caffe("Concat", Concat),
        ImportRule.Caffe("ContinuationIndicator", Continuation),
        ImportRule.Caffe("Crop", Crop),
        ImportRule.Caffe("Dropout", static c => c.Bind(0, c.Input(0))),
        ImportRule.Caffe("Flatten", Flatten),
        ImportRule.Caffe("Permute", Permute),
        ImportRule.Caffe("Reorg", Reorg),
        ImportRule.Caffe("Reshape", Reshape),
        ImportRule.Caffe("Reverse", Reverse),
        ImportRule.Caffe("ShuffleChannel", Shuffle),
        ImportRule.Caffe("Slice", Slice),
        ImportRule.Caffe("Split", Split),
        ImportRule.Caffe("Tile", Tile),
    ];

    private static void Concat(LiftContext c)
    {
        int axis = c.Axis(c.Node.Has("concat_dim") ? "concat_dim" : "axis", 1);
        string[] inputs = [.. Enumerable.Range(0, c.InputCount).Select(c.Input)];
        c.AddOutput(0, inputs.Length == 1 ? new IdentityOp() : new ConcatOp(axis), inputs);
    }

    private static void Split(LiftContext c)
    {
        for (int i = 0; i < c.OutputCount; i++)
        {
            c.Bind(i, c.Input(0));
        }
    }

    /// <summary>Equal parts, or parts between the points given.</summary>
    private static void Slice(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int axis = c.Axis(c.Node.Has("slice_dim") ? "slice_dim" : "axis", 1);
        long[] points = c.Node.Ints("slice_point") ?? [];
        int parts = c.OutputCount;
        if (points.Length == 0)
        {
            points = x[axis] % parts == 0
                ? [.. Enumerable.Range(1, parts - 1).Select(i => (long)i * (x[axis] / parts))]
                : throw c.Wrong($"dimension {axis} of {c.Spec(0)} cannot be divided into {parts} equal parts");
        }

        long[] bounds = [0, .. points, x[axis]];
        if (points.Length != parts - 1 || bounds.Zip(bounds.Skip(1)).Any(p => p.Second <= p.First))
        {
            throw c.Wrong($"'slice_point' has {parts - 1} rising values within dimension {axis} of {c.Spec(0)}, found [{string.Join(", ", points)}]");
        }

        for (int i = 0; i < parts; i++)
        {
            int start = (int)bounds[i];
            int size = (int)(bounds[i + 1] - bounds[i]);
            c.AddOutput(i, new SliceOp([.. x.Select((_, d) => d == axis ? start : 0)], [.. x.With(axis, size)], [.. x.Select(_ => 1)]), c.Input(0));
        }
    }

    /// <summary>Takes as much of input 0 as input 1 has, from the offsets on, in the dimensions from the axis on.</summary>
    private static void Crop(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        Shape like = c.Spec(1).Shape;
        int axis = c.Axis("axis", 2);
        long[] offsets = c.Node.Ints("offset") ?? [0];
        if (like.Rank != x.Rank || (offsets.Length != 1 && offsets.Length != x.Rank - axis))
        {
            throw c.Wrong($"{c.Spec(0)} is cropped to {c.Spec(1)} with one offset or {x.Rank - axis}, found {offsets.Length}");
        }

        int[] starts = [.. x.Select((_, d) => d < axis ? 0 : checked((int)offsets[offsets.Length == 1 ? 0 : d - axis]))];
        int[] sizes = [.. x.Select((n, d) => d < axis ? n : like[d])];
        if (x.Where((n, d) => starts[d] < 0 || starts[d] + (long)sizes[d] > n).Any())
        {
            throw c.Wrong($"{new Shape(sizes)} from [{string.Join(", ", starts)}] on is beyond {c.Spec(0)}");
        }

        c.AddOutput(0, new SliceOp([.. starts], [.. sizes], [.. x.Select(_ => 1)]), c.Input(0));
    }

    private static void Flatten(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int axis = c.Axis("axis", 1);
        int end = c.Axis("end_axis", -1);
        if (end < axis)
        {
            throw c.Wrong($"'end_axis' {end} comes before 'axis' {axis}");
        }

        int flat = x.Skip(axis).Take(end - axis + 1).Aggregate(1, (a, b) => checked(a * b));
        c.AddOutput(0, new ReshapeOp(new Shape([.. x.Take(axis), flat, .. x.Skip(end + 1)])), c.Input(0));
    }

    /// <summary>Replaces the dimensions from the axis on; 0 copies one, −1 takes what is left.</summary>
    private static void Reshape(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        long[] wanted = c.Node.Ints("shape.dim") ?? [];
        long axis = c.Node.Int("axis", 0);
        int start = (int)(axis < 0 ? axis + x.Rank + 1 : axis);
        long count = c.Node.Int("num_axes", -1);
        if (start < 0 || start > x.Rank || count < -1 || start + count > x.Rank)
        {
            throw c.Wrong($"'axis' {axis} with 'num_axes' {count} is beyond {c.Spec(0)}");
        }

        int end = count < 0 ? x.Rank : start + (int)count;
        long[] sizes = [.. wanted.Select((d, i) => d != 0 ? d : start + i < x.Rank ? x[start + i] : throw c.Wrong($"the shape copies dimension {start + i} of {c.Spec(0)}"))];
        long rest = x.Take(start).Concat(x.Skip(end)).Aggregate(1L, (a, b) => a * b);
        long known = sizes.Where(d => d != -1).Aggregate(rest, (a, b) => checked(a * b));
        int open = Array.IndexOf(sizes, -1);
        if (open >= 0)
        {
            sizes[open] = known > 0 ? x.Count / known : 0;
            known *= sizes[open];
        }

        if (known != x.Count || sizes.Any(d => d < 0))
        {
            throw c.Wrong($"{c.Spec(0)} does not become [{string.Join(", ", wanted)}] from dimension {start} on");
        }

        c.AddOutput(0, new ReshapeOp(new Shape([.. x.Take(start), .. sizes.Select(d => (int)d), .. x.Skip(end)])), c.Input(0));
    }

    /// <summary>Dimensions that the order does not name follow in their own order.</summary>
    private static void Permute(LiftContext c)
    {
        int rank = c.Spec(0).Shape.Rank;
        long[] given = c.Node.Ints("order") ?? [];
        int[] order = [.. given.Concat(Enumerable.Range(0, rank).Select(d => (long)d).Where(d => !given.Contains(d))).Select(d => (int)Math.Clamp(d, -1, int.MaxValue))];
        if (order.Length != rank || order.Any(d => d < 0 || d >= rank))
        {
            throw c.Wrong($"'order' [{string.Join(", ", given)}] does not order the dimensions of {c.Spec(0)}");
        }

        c.AddOutput(0, new TransposeOp([.. order]), c.Input(0));
    }

    private static void Reverse(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int axis = c.Axis("axis", 0);
        c.AddOutput(0, new SliceOp([.. x.Select((n, d) => d == axis ? n - 1 : 0)], [.. x], [.. x.Select((_, d) => d == axis ? -1 : 1)]), c.Input(0));
    }

    private static void Shuffle(LiftContext c)
    {
        Shape x = c.Image();
        int groups = c.Size("group", 1);
        if (x[1] % groups != 0)
        {
            throw c.Wrong($"{x[1]} channels cannot be divided into {groups} groups");
        }

        Rearrange(c, [x[0], groups, x[1] / groups, x[2], x[3]], [0, 2, 1, 3, 4], x);
    }

    /// <summary>Space to depth as darknet does it: the picture is first read as one of fewer channels and larger sides.</summary>
    private static void Reorg(LiftContext c)
    {
        Shape x = c.Image();
        int s = c.Size("stride", 2);
        if (c.Node.Bool("reverse", false))
        {
            throw c.Error("CaffeParameter", "'reverse' is not supported", IpuErrorKind.NotSupported);
        }

        if (x[1] % (s * s) != 0 || x[2] % s != 0 || x[3] % s != 0)
        {
            throw c.Wrong($"a stride of {s} does not divide {c.Spec(0)}");
        }

        Rearrange(c, [x[0], x[1] / (s * s) * x[2], s, x[3], s], [0, 2, 4, 1, 3], new Shape(x[0], x[1] * s * s, x[2] / s, x[3] / s));
    }

    private static void Rearrange(LiftContext c, int[] parts, int[] order, Shape result)
    {
        string turned = c.Add("turned", new TransposeOp([.. order]), c.Add("split", new ReshapeOp(new Shape(parts)), c.Input(0)));
        c.AddOutput(0, new ReshapeOp(result), turned);
    }

    private static void Tile(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int axis = c.Axis("axis", 1);
        int tiles = c.Size("tiles", 0);
        if (x.Count * tiles > int.MaxValue)
        {
            throw c.Wrong($"{tiles} times {c.Spec(0)} is more than a tensor can hold");
        }

        if (tiles == 1)
        {
            c.Bind(0, c.Input(0));
            return;
        }

        string split = c.Add("split", new ReshapeOp(new Shape([.. x.Take(axis), 1, .. x.Skip(axis)])), c.Input(0));
        string expanded = c.Add("expanded", new ExpandOp(new Shape([.. x.Take(axis), tiles, .. x.Skip(axis)])), split);
        c.AddOutput(0, new ReshapeOp(x.With(axis, x[axis] * tiles)), expanded);
    }

    /// <summary>Of every sequence the first step is 0, a beginning, and the others are 1.</summary>
    private static void Continuation(LiftContext c)
    {
        int steps = c.Size("time_step", 1);
        int batch = c.Size("batch_size", 1);
        float[] values = [.. Enumerable.Range(0, checked(steps * batch)).Select(i => i < batch ? 0f : 1)];
        c.BindConstant(0, Tensor.FromArray(values, steps, batch));
    }
}
