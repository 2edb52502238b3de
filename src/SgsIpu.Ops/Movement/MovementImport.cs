using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Frameworks' operators that are combinations of our own.</summary>
internal static class MovementImport
{
    public static ImmutableArray<ImportRule> Rules { get; } =
    [
        ImportRule.Onnx("DepthToSpace", DepthToSpace),
        ImportRule.Onnx("SpaceToDepth", SpaceToDepth),
        ImportRule.Onnx("Split", Split),
        ImportRule.Onnx("Tile", Tile),
    ];

    /// <summary>One slice for each output.</summary>
    private static void Split(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int axis = x.Axis((int)c.Node.Int("axis", 0));
        int parts = c.OutputCount;
        int equal = (x[axis] + parts - 1) / parts;
        int[] sizes = c.IntsFrom("split", 1) is { } given
            ? [.. given.Select(s => checked((int)s))]
            : [.. Enumerable.Range(0, parts).Select(i => Math.Max(0, Math.Min(equal, x[axis] - (i * equal))))];
        if (sizes.Length != parts || sizes.Any(s => s < 0) || sizes.Sum(s => (long)s) != x[axis])
        {
            throw c.Error("ShapeMismatch", $"parts of [{string.Join(", ", sizes)}] do not make up dimension {axis} of {c.Spec(0)}");
        }

        int from = 0;
        for (int i = 0; i < parts; i++)
        {
            int start = from;
            from += sizes[i];
            if (c.HasOutput(i))
            {
                c.AddOutput(i, new SliceOp([.. x.Select((_, d) => d == axis ? start : 0)], [.. x.With(axis, sizes[i])], [.. x.Select(_ => 1)]), c.Input(0));
            }
        }
    }

    /// <summary>[a, b] repeated [r, s] times is [1, a, 1, b] expanded to [r, a, s, b] and joined.</summary>
    private static void Tile(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int[] repeats = c.RequireConstant(1, "repeats").ToInts();
        if (repeats.Length != x.Rank || repeats.Any(r => r < 1))
        {
            throw c.Error("ShapeMismatch", $"repeats [{string.Join(", ", repeats)}] do not fit {c.Spec(0)}; one number from 1 on is needed for each dimension");
        }

        string split = c.Add("split", new ReshapeOp(new Shape([.. x.SelectMany(n => (int[])[1, n])])), c.Input(0));
        string expanded = c.Add("expanded", new ExpandOp(new Shape([.. x.SelectMany((n, d) => (int[])[repeats[d], n])])), split);
        c.AddOutput(0, new ReshapeOp(new Shape([.. x.Select((n, d) => checked(n * repeats[d]))])), expanded);
    }

    private static void DepthToSpace(LiftContext c)
    {
        (Shape x, int b) = Blocks(c);
        bool columnsFirst = c.Node.String("mode", "DCR") == "CRD";
        int depth = x[1] / (b * b);
        int[] parts = columnsFirst ? [x[0], depth, b, b, x[2], x[3]] : [x[0], b, b, depth, x[2], x[3]];
        int[] order = columnsFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
        Rearrange(c, parts, order, [x[0], depth, x[2] * b, x[3] * b]);
    }

    private static void SpaceToDepth(LiftContext c)
    {
        (Shape x, int b) = Blocks(c);
        if (x[2] % b != 0 || x[3] % b != 0)
        {
            throw c.Error("ShapeMismatch", $"blocks of {b} do not divide {c.Spec(0)}");
        }

        Rearrange(c, [x[0], x[1], x[2] / b, b, x[3] / b, b], [0, 3, 5, 1, 2, 4], [x[0], x[1] * b * b, x[2] / b, x[3] / b]);
    }

    private static (Shape Shape, int Block) Blocks(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int block = (int)c.Node.Int("blocksize", 0);
        return x.Rank == 4 && block > 0 && (c.Node.OpType == "SpaceToDepth" || x[1] % (block * block) == 0)
            ? (x, block)
            : throw c.Error("ShapeMismatch", $"blocks of {block} do not fit {c.Spec(0)}");
    }

    private static void Rearrange(LiftContext c, int[] parts, int[] order, int[] result)
    {
        string split = c.Add("split", new ReshapeOp(new Shape(parts)), c.Input(0));
        string turned = c.Add("turned", new TransposeOp([.. order]), split);
        c.AddOutput(0, new ReshapeOp(new Shape(result)), turned);
    }
}
