using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Operators of TensorFlow and TFLite that move elements, ask for shapes, or pass their input on.</summary>
internal static partial class TensorFlowMovement
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        .. ImportRule.TensorFlowAndTfLite("BroadcastTo", "BROADCAST_TO", static c => c.AddOutput(0, new ExpandOp(ShapeFrom(c, 1)), c.Input(0))),
        .. ImportRule.TensorFlowAndTfLite("Cast", "CAST", static c => c.AddOutput(0, new CastOp(TypeOf(c, "DstT")), c.Input(0))),
        ImportRule.TensorFlow("CheckNumerics", Pass),
        ImportRule.TensorFlow("Concat", static c => Concat(c, 0)),
        ImportRule.TensorFlow("ConcatV2", static c => Concat(c, c.InputCount - 1)),
        ImportRule.TfLite("CONCATENATION", static c => c.AddOutput(0, new ConcatOp(c.Spec(0).Shape.Axis((int)c.Node.Int("axis", 0))), [.. Enumerable.Range(0, c.InputCount).Select(c.Input)])),
        ImportRule.TensorFlow("Const", static c => throw c.Error("UnsupportedType", "constants of text are not supported", IpuErrorKind.NotSupported)),
        ImportRule.TfLite("DENSIFY", Pass),
        .. ImportRule.TensorFlowAndTfLite("DepthToSpace", "DEPTH_TO_SPACE", DepthToSpace),
        ImportRule.TfLite("DEQUANTIZE", Dequantize),
        .. ImportRule.TensorFlowAndTfLite("ExpandDims", "EXPAND_DIMS", ExpandDims),
        .. ImportRule.TensorFlowAndTfLite("Fill", "FILL", static c => c.AddOutput(0, new ExpandOp(ShapeFrom(c, 0)), c.Input(1))),
        ImportRule.TfLite("EMBEDDING_LOOKUP", static c => c.AddOutput(0, new GatherOp(0), c.Input(1), c.Input(0))),
        ImportRule.TensorFlow("Gather", static c => Gather(c, 0)),
        ImportRule.TensorFlow("GatherV2", static c => Gather(c, c.Spec(0).Shape.Axis(Scalar(c, 2, "axis")))),
        ImportRule.TfLite("GATHER", static c => Gather(c, c.Spec(0).Shape.Axis((int)c.Node.Int("axis", 0)))),
        ImportRule.TensorFlow("Identity", Pass),
        .. ImportRule.TensorFlowAndTfLite("MirrorPad", "MIRROR_PAD", Pad),
        .. ImportRule.TensorFlowAndTfLite("Pack", "PACK", Pack),
        .. ImportRule.TensorFlowAndTfLite("Pad", "PAD", Pad),
        .. ImportRule.TensorFlowAndTfLite("PadV2", "PADV2", Pad),
        ImportRule.TensorFlow("Placeholder", static c => throw c.Error(
            "UnsupportedType", $"inputs of {c.Node.String("dtype", "?")} are not supported; cut the model behind it with -InputNames", IpuErrorKind.NotSupported)),
        ImportRule.TensorFlow("PlaceholderWithDefault", Pass),
        ImportRule.TensorFlow("PreventGradient", Pass),
        .. ImportRule.TensorFlowAndTfLite("Range", "RANGE", Range),
        .. ImportRule.TensorFlowAndTfLite("Rank", "RANK", static c => c.BindConstant(0, Tensor.Scalar(c.Spec(0).Shape.Rank))),
        .. ImportRule.TensorFlowAndTfLite("Reshape", "RESHAPE", Reshape),
        .. ImportRule.TensorFlowAndTfLite("ReverseSequence", "REVERSE_SEQUENCE", static c =>
            SelectionImport.ReverseSequence(c, c.Spec(0).Shape.Axis((int)c.Node.Int("seq_dim", 0)), c.Spec(0).Shape.Axis((int)c.Node.Int("batch_dim", 0)))),
        .. ImportRule.TensorFlowAndTfLite("ReverseV2", "REVERSE_V2", Reverse),
        .. ImportRule.TensorFlowAndTfLite("Shape", "SHAPE", static c => Integers(c, [.. c.Spec(0).Shape.Select(d => (long)d)], "out_type")),
        .. ImportRule.TensorFlowAndTfLite("Slice", "SLICE", Slice),
        ImportRule.TensorFlow("Snapshot", Pass),
        .. ImportRule.TensorFlowAndTfLite("SpaceToDepth", "SPACE_TO_DEPTH", SpaceToDepth),
        .. ImportRule.TensorFlowAndTfLite("Split", "SPLIT", static c => Split(c, 1, Scalar(c, 0, "axis"), null)),
        .. ImportRule.TensorFlowAndTfLite("SplitV", "SPLIT_V", static c => Split(c, 0, Scalar(c, 2, "axis"), c.RequireConstant(1, "sizes").ToInts())),
        .. ImportRule.TensorFlowAndTfLite("Squeeze", "SQUEEZE", Squeeze),
        ImportRule.TensorFlow("StopGradient", Pass),
        .. ImportRule.TensorFlowAndTfLite("StridedSlice", "STRIDED_SLICE", StridedSlice),
        .. ImportRule.TensorFlowAndTfLite("Tile", "TILE", Tile),
        .. ImportRule.TensorFlowAndTfLite("Transpose", "TRANSPOSE", Transpose),
        .. ImportRule.TensorFlowAndTfLite("Unpack", "UNPACK", Unpack),
        .. ImportRule.TensorFlowAndTfLite("Where", "WHERE", Where),
        .. ImportRule.TensorFlowAndTfLite("ZerosLike", "ZEROS_LIKE", static c => c.BindConstant(0, new Tensor(c.Spec(0).Type, c.Spec(0).Shape))),
    ];

    private static void Pass(LiftContext c) => c.AddOutput(0, new IdentityOp(), c.Input(0));

    /// <summary>Real numbers behind float16 or integer weights are folded when the file is read; an integer input becomes real here.</summary>
    private static void Dequantize(LiftContext c)
    {
        if (c.Spec(0).Type == DataType.Float32)
        {
            Pass(c);
            return;
        }

        float[] scales = c.Node.Floats("scale") ?? [];
        long[] zeroPoints = c.Node.Ints("zero_point") is { Length: > 0 } given ? given : [0];
        if (scales.Length != 1 || zeroPoints.Length != 1)
        {
            throw c.Error("UnsupportedType", $"{c.Spec(0)} has {scales.Length} scales; an input of integers has one scale and one zero point", IpuErrorKind.NotSupported);
        }

        string real = c.Add("real", new CastOp(DataType.Float32), c.Input(0));
        string centred = c.Add("centred", new SubOp(), real, c.AddConstant(Tensor.Scalar((float)zeroPoints[0]), "zero_point"));
        c.AddOutput(0, new MulOp(), centred, c.AddConstant(Tensor.Scalar(scales[0]), "scale"));
    }

    /// <summary>TensorFlow says the type of an output in an attribute, TFLite in the output's declaration.</summary>
    private static DataType TypeOf(LiftContext c, string attribute)
    {
        if (c.Graph.Framework == Framework.TfLite)
        {
            return c.Graph.Declared.TryGetValue(c.Node.Outputs[0], out SourceTensor? output) ? output.Type : DataType.Int32;
        }

        return Enum.TryParse(c.Node.String(attribute, "Int32"), out DataType type)
            ? type
            : throw c.Error("UnsupportedType", $"'{attribute}' is {c.Node.String(attribute, "")}, which is not supported", IpuErrorKind.NotSupported);
    }

    private static int Scalar(LiftContext c, int input, string meaning) => c.RequireConstant(input, meaning).ToInts() is { Length: 1 } one
        ? one[0]
        : throw c.Error("ShapeMismatch", $"{meaning} is one number, found {c.Spec(input)}");

    private static Shape ShapeFrom(LiftContext c, int input)
    {
        int[] sizes = c.RequireConstant(input, "shape").ToInts();
        return sizes.All(s => s >= 0) ? new Shape(sizes) : throw c.Error("ShapeMismatch", $"a shape of [{string.Join(", ", sizes)}] is not possible");
    }

    private static void Integers(LiftContext c, long[] values, string typeAttribute) => c.BindConstant(0, TypeOf(c, typeAttribute) == DataType.Int64
        ? Tensor.FromArray(values, values.Length)
        : Tensor.FromArray<int>([.. values.Select(v => checked((int)v))], new Shape(values.Length)));

    private static void Concat(LiftContext c, int axisInput)
    {
        int first = axisInput == 0 ? 1 : 0;
        string[] parts = [.. Enumerable.Range(first, c.InputCount - 1).Select(c.Input)];
        int axis = c.Spec(first).Shape.Axis(Scalar(c, axisInput, "axis"));
        c.AddOutput(0, new ConcatOp(axis), parts);
    }

    private static void Pack(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int axis = Inserted(c, (int)c.Node.Int("axis", 0));
        Shape one = new([.. x.Take(axis), 1, .. x.Skip(axis)]);
        string[] parts = [.. Enumerable.Range(0, c.InputCount).Select(i => c.Constant(i) is { } value && value.Count == one.Count
            ? c.AddConstant(value.Reshape(one), $"part{i}")
            : c.Add($"part{i}", new ReshapeOp(one), c.Input(i)))];
        c.AddOutput(0, new ConcatOp(axis), parts);
    }

    private static int Inserted(LiftContext c, int axis)
    {
        int rank = c.Spec(0).Shape.Rank;
        return axis >= -rank - 1 && axis <= rank ? (axis < 0 ? axis + rank + 1 : axis) : throw c.Error("ShapeMismatch", $"no dimension can be put at {axis} of {c.Spec(0)}");
    }

    private static void ExpandDims(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int axis = Inserted(c, Scalar(c, 1, "axis"));
        c.AddOutput(0, new ReshapeOp(new Shape([.. x.Take(axis), 1, .. x.Skip(axis)])), c.Input(0));
    }

    private static void Squeeze(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        long[] axes = c.Node.Ints("squeeze_dims") is { Length: > 0 } given ? given : [.. Enumerable.Range(0, x.Rank).Where(d => x[d] == 1).Select(d => (long)d)];
        HashSet<int> gone = [.. axes.Select(a => x.Axis((int)a))];
        c.AddOutput(0, new ReshapeOp(new Shape([.. Enumerable.Range(0, x.Rank).Where(d => !gone.Contains(d)).Select(d => x[d])])), c.Input(0));
    }

    private static void Unpack(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int axis = x.Axis((int)c.Node.Int("axis", 0));
        Shape one = new([.. x.Where((_, d) => d != axis)]);
        if (c.OutputCount > x[axis])
        {
            throw c.Error("ShapeMismatch", $"dimension {axis} of {c.Spec(0)} has no {c.OutputCount} parts");
        }

        for (int i = 0; i < c.OutputCount; i++)
        {
            string part = c.Add($"part{i}", Part(x, axis, i, 1), c.Input(0));
            c.AddOutput(i, new ReshapeOp(one), part);
        }
    }

    private static void Pad(LiftContext c)
    {
        int[] pads = c.RequireConstant(1, "paddings").ToInts();
        bool mirror = c.Node.OpType is "MirrorPad" or "MIRROR_PAD";
        if (mirror && c.Node.String("mode", "REFLECT") == "SYMMETRIC")
        {
            Symmetric(c, pads);
            return;
        }

        float value = !mirror && c.HasInput(2) ? c.RequireConstant(2, "constant_values").ToFloats()[0] : 0;
        c.AddOutput(0, new PadOp([.. pads.Where((_, i) => i % 2 == 0)], [.. pads.Where((_, i) => i % 2 == 1)], mirror ? PadMode.Reflect : PadMode.Constant, value), c.Input(0));
    }

    /// <summary>Mirrors at the edge of a tensor, so that its outermost elements come twice, one dimension after the other.</summary>
    private static void Symmetric(LiftContext c, int[] pads)
    {
        Shape x = c.Spec(0).Shape;
        if (pads.Length != 2 * x.Rank || pads.Where((p, i) => p < 0 || p > x[i / 2]).Any())
        {
            throw c.Error("ShapeMismatch", $"mirrored padding of [{string.Join(", ", pads)}] does not fit {c.Spec(0)}");
        }

        string value = c.Input(0);
        for (int d = 0; d < x.Rank; d++)
        {
            Shape s = c.SpecOf(value).Shape;
            string[] parts = [.. pads[2 * d] > 0 ? [Mirror(d, pads[2 * d] - 1, pads[2 * d])] : Array.Empty<string>(), value, .. pads[(2 * d) + 1] > 0 ? [Mirror(d, s[d] - 1, pads[(2 * d) + 1])] : Array.Empty<string>()];
            value = parts.Length == 1 ? value : c.Add("mirrored", new ConcatOp(d), parts);

            string Mirror(int axis, int from, int size) =>
                c.Add("mirror", new SliceOp([.. s.Select((_, i) => i == axis ? from : 0)], [.. s.With(axis, size)], [.. s.Select((_, i) => i == axis ? -1 : 1)]), value);
        }

        c.AddOutput(0, new IdentityOp(), value);
    }

    /// <summary>The places that are true; their number is a shape, so that they must be constant.</summary>
    private static void Where(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        float[] condition = c.RequireConstant(0, "a condition whose true places are asked for").ToFloats();
        int[] strides = x.Strides();
        long[] places = [.. condition.Select((v, i) => (v, i)).Where(p => p.v != 0).SelectMany(p => x.Select((n, d) => (long)(p.i / strides[d] % n)))];
        c.BindConstant(0, Tensor.FromArray<long>(places, new Shape(x.Rank == 0 ? 0 : places.Length / x.Rank, x.Rank)));
    }

    private static void Range(LiftContext c)
    {
        double[] ends = [.. new[] { "start", "limit", "delta" }.Select((name, i) => (double)c.RequireConstant(i, name).ToFloats().FirstOrDefault())];
        double count = ends[2] == 0 ? -1 : Math.Max(0, Math.Ceiling((ends[1] - ends[0]) / ends[2]));
        if (count is not (>= 0 and <= 1 << 24))
        {
            throw c.Error("ShapeMismatch", $"a range from {ends[0]} to {ends[1]} by {ends[2]} is not possible");
        }

        double[] values = [.. Enumerable.Range(0, (int)count).Select(i => ends[0] + (i * ends[2]))];
        if (c.Spec(0).Type == DataType.Float32)
        {
            c.BindConstant(0, Tensor.FromArray<float>([.. values.Select(v => (float)v)], new Shape(values.Length)));
        }
        else
        {
            Integers(c, [.. values.Select(v => (long)v)], "Tidx");
        }
    }

    private static void Reverse(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        HashSet<int> axes = [.. c.RequireConstant(1, "axes").ToInts().Select(a => x.Axis(a))];
        c.AddOutput(
            0,
            new SliceOp([.. x.Select((n, d) => axes.Contains(d) ? Math.Max(0, n - 1) : 0)], [.. x], [.. x.Select((_, d) => axes.Contains(d) ? -1 : 1)]),
            c.Input(0));
    }

    private static void Reshape(LiftContext c)
    {
        // TFLite has the shape in an attribute where there is no input for it.
        int[] sizes = c.HasInput(1) ? c.RequireConstant(1, "shape").ToInts() : [.. (c.Node.Ints("new_shape") ?? throw c.Error("MissingInput", "the new shape is missing")).Select(d => (int)d)];
        int open = Array.IndexOf(sizes, -1);
        if (open >= 0)
        {
            long rest = sizes.Where((_, i) => i != open).Aggregate(1L, (a, b) => checked(a * Math.Max(0, b)));
            sizes[open] = rest > 0 ? checked((int)(c.Spec(0).Shape.Count / rest)) : 0;
        }

        if (sizes.Any(s => s < 0))
        {
            throw c.Error("ShapeMismatch", $"a shape of [{string.Join(", ", sizes)}] is not possible");
        }

        c.AddOutput(0, new ReshapeOp(new Shape(sizes)), c.Input(0));
    }

    private static void Tile(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int[] repeats = c.RequireConstant(1, "multiples").ToInts();
        if (repeats.Length != x.Rank || repeats.Any(r => r < 1))
        {
            throw c.Error("ShapeMismatch", $"multiples [{string.Join(", ", repeats)}] do not fit {c.Spec(0)}; one number from 1 on is needed for each dimension");
        }

        string split = c.Add("split", new ReshapeOp(new Shape([.. x.SelectMany(n => (int[])[1, n])])), c.Input(0));
        string expanded = c.Add("expanded", new ExpandOp(new Shape([.. x.SelectMany((n, d) => (int[])[repeats[d], n])])), split);
        c.AddOutput(0, new ReshapeOp(new Shape([.. x.Select((n, d) => checked(n * repeats[d]))])), expanded);
    }

    private static void Transpose(LiftContext c)
    {
        int[] order = c.RequireConstant(1, "perm").ToInts();
        int rank = c.Spec(0).Shape.Rank;
        if (!order.Order().SequenceEqual(Enumerable.Range(0, rank)))
        {
            throw c.Error("ShapeMismatch", $"[{string.Join(", ", order)}] is no order of the dimensions of {c.Spec(0)}");
        }

        c.AddOutput(0, new TransposeOp([.. order]), c.Input(0));
    }

    private static (Shape Shape, int Block) Blocks(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        long block = c.Node.Int("block_size", 0);
        return x.Rank == 4 && block is > 0 and < 1 << 15 && c.Node.String("data_format", "NHWC") == "NHWC"
            ? (x, (int)block)
            : throw c.Error("UnsupportedAttribute", $"blocks of {block} do not fit {c.Spec(0)}, or 'data_format' is not NHWC", IpuErrorKind.NotSupported);
    }

    private static void DepthToSpace(LiftContext c)
    {
        (Shape x, int b) = Blocks(c);
        int depth = x[3] / (b * b);
        Rearrange(c, [x[0], x[1], x[2], b, b, depth], [0, 1, 3, 2, 4, 5], [x[0], x[1] * b, x[2] * b, depth]);
    }

    private static void SpaceToDepth(LiftContext c)
    {
        (Shape x, int b) = Blocks(c);
        Rearrange(c, [x[0], x[1] / b, b, x[2] / b, b, x[3]], [0, 1, 3, 2, 4, 5], [x[0], x[1] / b, x[2] / b, x[3] * b * b]);
    }

    private static void Rearrange(LiftContext c, int[] parts, int[] order, int[] result)
    {
        string split = c.Add("split", new ReshapeOp(new Shape(parts)), c.Input(0));
        string turned = c.Add("turned", new TransposeOp([.. order]), split);
        c.AddOutput(0, new ReshapeOp(new Shape(result)), turned);
    }
}
