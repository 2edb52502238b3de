using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Selections of frameworks that are comparisons with constants, or picks by constant indices.</summary>
internal static class SelectionImport
{
    public static ImmutableArray<ImportRule> Rules { get; } =
    [
        ImportRule.Onnx("Compress", Compress),
        ImportRule.Onnx("EyeLike", EyeLike),
        ImportRule.Onnx("Hardmax", Hardmax),
        ImportRule.Onnx("OneHot", OneHot),
        ImportRule.Onnx("ReverseSequence", static c => ReverseSequence(c, (int)c.Node.Int("time_axis", 0), (int)c.Node.Int("batch_axis", 1))),
        ImportRule.Onnx("Trilu", Trilu),
        ImportRule.TensorFlow("OneHot", OneHotValues),
        ImportRule.TfLite("ONE_HOT", OneHotValues),
    ];

    /// <summary>Slices whose condition is true; the condition is constant, for it decides how many there are.</summary>
    private static void Compress(LiftContext c)
    {
        bool[] condition = [.. c.RequireConstant(1, "the condition").ToLongs().Select(v => v != 0)];
        long[] kept = [.. Enumerable.Range(0, condition.Length).Where(i => condition[i]).Select(i => (long)i)];
        bool flat = !c.Node.Has("axis");
        string x = flat ? c.Add("flat", new ReshapeOp(new Shape((int)c.Spec(0).Shape.Count)), c.Input(0)) : c.Input(0);
        int axis = flat ? 0 : c.Spec(0).Shape.Axis((int)c.Node.Int("axis", 0));
        if (condition.Length > c.SpecOf(x).Shape[axis])
        {
            throw c.Error("ShapeMismatch", $"a condition of {condition.Length} elements is longer than dimension {axis} of {c.Spec(0)}");
        }

        c.AddOutput(0, new GatherOp(axis), x, c.AddConstant(Tensor.FromArray(kept, kept.Length), "kept"));
    }

    private static void EyeLike(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        long k = c.Node.Int("k", 0);
        if (x.Rank != 2)
        {
            throw c.Error("ShapeMismatch", $"a matrix is needed, found {c.Spec(0)}");
        }

        DataType type = c.Node.Has("dtype") ? CastOp.FromOnnx(c, c.Node.Int("dtype", 1)) : c.Spec(0).Type;
        c.BindConstant(0, Numbers(type, x, i => (i % x[1]) - (i / x[1]) == k ? 1 : 0));
    }

    /// <summary>1 at the first largest element along a dimension, 0 elsewhere. Before operator set 13 all dimensions from the axis on are one.</summary>
    private static void Hardmax(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int axis = x.Axis((int)c.Node.Int("axis", c.Opset < 13 ? 1 : -1));
        string value = c.Input(0);
        Shape shape = x;
        if (c.Opset < 13 && axis < x.Rank - 1)
        {
            shape = new Shape((int)new Shape(x.AsSpan()[..axis]).Count, (int)new Shape(x.AsSpan()[axis..]).Count);
            axis = 1;
            value = c.Add("matrix", new ReshapeOp(shape), value);
        }

        string best = c.Add("best", new ArgOp(true, axis), value);
        string at = c.Add("at", new CompareOp(ComparisonKind.Equal), best, c.AddConstant(Count(shape[axis], shape.Rank, axis), "places"));
        string one = c.AddConstant(Tensor.Scalar(1f), "one");
        string zero = c.AddConstant(Tensor.Scalar(0f), "zero");
        if (shape == x)
        {
            c.AddOutput(0, new WhereOp(), at, one, zero);
        }
        else
        {
            c.AddOutput(0, new ReshapeOp(x), c.Add("hard", new WhereOp(), at, one, zero));
        }
    }

    private static void OneHot(LiftContext c)
    {
        long depth = c.RequireConstant(1, "depth").ToFloats() is { Length: 1 } d ? (long)d[0] : throw c.Error("ShapeMismatch", $"the depth is one number, found {c.Spec(1)}");
        Tensor values = c.RequireConstant(2, "values");
        if (values.Count != 2)
        {
            throw c.Error("ShapeMismatch", $"values are those of off and on, found {c.Spec(2)}");
        }

        int width = values.Type.Bits() / 8;
        string off = c.AddConstant(new Tensor(values.Type, Shape.Scalar, values.Bytes[..width].ToArray()), "off");
        string on = c.AddConstant(new Tensor(values.Type, Shape.Scalar, values.Bytes[width..].ToArray()), "on");
        OneHot(c, depth, (int)c.Node.Int("axis", -1), on, off, fromEnd: true);
    }

    /// <summary>TensorFlow's form: indices, depth, on, off. Negative indices are nowhere.</summary>
    private static void OneHotValues(LiftContext c) => OneHot(c, c.RequireConstant(1, "depth").ToLongs()[0], (int)c.Node.Int("axis", -1), c.Input(2), c.Input(3), fromEnd: false);

    private static void OneHot(LiftContext c, long depth, int axis, string on, string off, bool fromEnd)
    {
        Shape indices = c.Spec(0).Shape;
        int rank = indices.Rank + 1;
        axis = axis < 0 ? axis + rank : axis;
        if (depth is < 1 or > 1 << 24 || axis < 0 || axis >= rank)
        {
            throw c.Error("ShapeMismatch", $"a depth of {depth} at dimension {axis} is not possible for indices {c.Spec(0)}");
        }

        string index = c.Spec(0).Type == DataType.Int64 ? c.Input(0) : c.Add("index", new CastOp(DataType.Int64), c.Input(0));
        if (fromEnd)
        {
            string negative = c.Add("negative", new CompareOp(ComparisonKind.Less), index, c.AddConstant(Tensor.Scalar(0L), "zero"));
            string wrapped = c.Add("wrapped", new AddOp(), index, c.AddConstant(Tensor.Scalar(depth), "depth"));
            index = c.Add("positive", new WhereOp(), negative, wrapped, index);
        }

        string spread = c.Add("spread", new ReshapeOp(new Shape([.. indices.Take(axis), 1, .. indices.Skip(axis)])), index);
        string at = c.Add("at", new CompareOp(ComparisonKind.Equal), spread, c.AddConstant(Count((int)depth, rank, axis), "places"));
        c.AddOutput(0, new WhereOp(), at, on, off);
    }

    /// <summary>The first elements of each sequence backwards; the lengths are constant.</summary>
    internal static void ReverseSequence(LiftContext c, int time, int batch)
    {
        Shape x = c.Spec(0).Shape;
        int[] lengths = c.RequireConstant(1, "sequence lengths").ToInts();
        if (time == batch || lengths.Length != x[batch] || lengths.Any(l => l < 0 || l > x[time]))
        {
            throw c.Error("ShapeMismatch", $"sequences of [{string.Join(", ", lengths)}] along dimension {time} do not fit {c.Spec(0)} with batch {batch}");
        }

        // The two dimensions come to the front in their order, and go back behind.
        int[] order = [Math.Min(time, batch), Math.Max(time, batch), .. Enumerable.Range(0, x.Rank).Where(d => d != time && d != batch)];
        (int rows, int columns) = (x[order[0]], x[order[1]]);
        var indices = new long[rows * columns * 2];
        for (int i = 0; i < rows * columns; i++)
        {
            (int first, int second) = Math.DivRem(i, columns);
            int at = time < batch ? first : second;
            int length = lengths[time < batch ? second : first];
            int turned = at < length ? length - 1 - at : at;
            (indices[2 * i], indices[(2 * i) + 1]) = time < batch ? (turned, second) : (first, turned);
        }

        string places = c.AddConstant(Tensor.FromArray(indices, rows, columns, 2), "turned");
        if (order.SequenceEqual(Enumerable.Range(0, x.Rank)))
        {
            c.AddOutput(0, new GatherNDOp(), c.Input(0), places);
            return;
        }

        string front = c.Add("front", new TransposeOp([.. order]), c.Input(0));
        c.AddOutput(0, new TransposeOp([.. Enumerable.Range(0, x.Rank).Select(d => Array.IndexOf(order, d))]), c.Add("reversed", new GatherNDOp(), front, places));
    }

    /// <summary>The upper or lower triangle of matrices; the diagonal is constant.</summary>
    private static void Trilu(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        if (x.Rank < 2)
        {
            throw c.Error("ShapeMismatch", $"matrices are needed, found {c.Spec(0)}");
        }

        long k = c.HasInput(1) ? c.RequireConstant(1, "k").ToLongs()[0] : 0;
        bool upper = c.Node.Int("upper", 1) != 0;
        Tensor mask = Numbers(DataType.Bool, new Shape(x[-2], x[-1]), i => ((long)((i % x[-1]) - (i / x[-1]))).CompareTo(k) is var s && (upper ? s >= 0 : s <= 0) ? 1 : 0);
        c.AddOutput(0, new WhereOp(), c.AddConstant(mask, "mask"), c.Input(0), c.AddConstant(new Tensor(c.Spec(0).Type, Shape.Scalar), "zero"));
    }

    /// <summary>0, 1, 2… along one dimension of a shape that is 1 elsewhere.</summary>
    private static Tensor Count(int length, int rank, int axis) =>
        Tensor.FromArray<long>([.. Enumerable.Range(0, length).Select(i => (long)i)], new Shape([.. Enumerable.Range(0, rank).Select(d => d == axis ? length : 1)]));

    private static Tensor Numbers(DataType type, Shape shape, Func<int, int> value)
    {
        int[] values = [.. Enumerable.Range(0, checked((int)shape.Count)).Select(value)];
        return type switch
        {
            DataType.Float32 => Tensor.FromArray<float>([.. values.Select(v => (float)v)], shape),
            DataType.Int64 => Tensor.FromArray<long>([.. values.Select(v => (long)v)], shape),
            DataType.Int32 => Tensor.FromArray<int>(values, shape),
            DataType.Bool => Tensor.FromArray<bool>([.. values.Select(v => v != 0)], shape),
            DataType.UInt8 => Tensor.FromArray<byte>([.. values.Select(v => (byte)v)], shape),
            DataType.Int8 => Tensor.FromArray<sbyte>([.. values.Select(v => (sbyte)v)], shape),
            _ => throw new IpuException("UnsupportedType", $"numbers of {type} are not made here", IpuErrorKind.NotSupported),
        };
    }
}
