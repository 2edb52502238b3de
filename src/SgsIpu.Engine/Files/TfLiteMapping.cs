using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Frontends.TfLite;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Files;

/// <summary>
/// The TFLite builtin operator of a node, wherever one computes the same. What TFLite cannot say (explicit padding, bounds that are no
/// ReLU) becomes a custom operator under our own name, with our attributes.
/// </summary>
internal static class TfLiteMapping
{
    private const int Custom = 32;

    /// <summary>The schema's numbers of operators.</summary>
    private enum Code
    {
        Add = 0,
        AveragePool2D = 1,
        Concatenation = 2,
        Conv2D = 3,
        DepthwiseConv2D = 4,
        Dequantize = 6,
        Floor = 8,
        FullyConnected = 9,
        Logistic = 14,
        MaxPool2D = 17,
        Mul = 18,
        Relu = 19,
        ReluN1To1 = 20,
        Relu6 = 21,
        Reshape = 22,
        ResizeBilinear = 23,
        Softmax = 25,
        Tanh = 28,
        Pad = 34,
        Gather = 36,
        BatchToSpaceNd = 37,
        SpaceToBatchNd = 38,
        Transpose = 39,
        Mean = 40,
        Sub = 41,
        Div = 42,
        StridedSlice = 45,
        Exp = 47,
        PRelu = 54,
        Maximum = 55,
        Minimum = 57,
        Neg = 59,
        PadV2 = 60,
        Sin = 66,
        TransposeConv = 67,
        Log = 73,
        Sum = 74,
        Sqrt = 75,
        Rsqrt = 76,
        Pow = 78,
        ReduceMax = 82,
        ReduceMin = 89,
        ResizeNearestNeighbor = 97,
        LeakyRelu = 98,
        MirrorPad = 100,
        Abs = 101,
        Ceil = 104,
        Cos = 108,
        Quantize = 114,
        Round = 116,
        HardSwish = 117,
        BatchMatMul = 126,
        BroadcastTo = 130,
        Gelu = 150,
    }

    /// <summary>Options are fields by position and the member of the union that they belong to.</summary>
    private sealed record Builtin(Code Code, byte OptionsType = 0, ImmutableArray<(int, object)> Options = default, int Inputs = int.MaxValue)
    {
        /// <summary>What our operator has as an attribute and TFLite's as an input behind the others.</summary>
        public ImmutableArray<Tensor> Constants { get; init; } = [];

        /// <summary>True where the constant comes first and the weights before the image, as a transposed convolution has them.</summary>
        public bool Turned { get; init; }

        public int Version { get; init; } = 1;
    }

    /// <summary>The operator of a node.</summary>
    /// <param name="positionOf">Position of a tensor; −1 for the empty name.</param>
    /// <param name="constant">Adds a constant of the file that is none of the model, and tells its position.</param>
    public static TfLiteOperator Of(Graph graph, Node node, Func<string, int> positionOf, Func<string, Tensor, int> constant)
    {
        ImmutableArray<int> outputs = [.. node.Outputs.Select(positionOf)];
        ImmutableArray<int> inputs = [.. node.Inputs.Select(positionOf)];
        if (BuiltinOf(graph, node) is not { } builtin)
        {
            return new TfLiteOperator(Custom, node.Op.Name, inputs, outputs) { CustomOptions = ModelJson.Write(OpJson.Write(node.Op)) };
        }

        int[] added = [.. builtin.Constants.Select((c, i) => constant($"{node.Outputs[0]}/tflite{i}", c))];
        inputs = [.. inputs.Take(builtin.Inputs)];
        ImmutableArray<int> all = builtin.Turned ? [.. added, inputs[1], inputs[0], .. inputs.Skip(2)] : [.. inputs, .. added];
        return new TfLiteOperator((int)builtin.Code, "", all, outputs)
        {
            OptionsType = builtin.OptionsType,
            Options = builtin.Options.IsDefault ? [] : builtin.Options,
            Version = builtin.Version,
        };
    }

    private static Builtin? BuiltinOf(Graph graph, Node node) => node.Op switch
    {
        Conv2DOp { Groups: 1 } op when Padding(graph, node, op) is { } p && Activation(op.ActivationMin, op.ActivationMax) is { } a =>
            new Builtin(Code.Conv2D, 1, [(0, p), (1, op.StrideW), (2, op.StrideH), (3, a), (4, op.DilationW), (5, op.DilationH)]) { Constants = MissingBias(graph, node, 0) },
        DepthwiseConv2DOp op when Padding(graph, node, op) is { } p && Activation(op.ActivationMin, op.ActivationMax) is { } a =>
            new Builtin(Code.DepthwiseConv2D, 2, [(0, p), (1, op.StrideW), (2, op.StrideH), (3, graph[node.Inputs[1]].Shape[3] / graph[node.Inputs[0]].Shape[3]), (4, a), (5, op.DilationW), (6, op.DilationH)])
            {
                Constants = MissingBias(graph, node, 3),
                Version = op is { DilationH: 1, DilationW: 1 } ? 1 : 2,
            },
        FullyConnectedOp op when Activation(op.ActivationMin, op.ActivationMax) is { } a => new Builtin(Code.FullyConnected, 8, [(0, a), (2, graph[node.Outputs[0]].Shape.Rank != 2)]) { Version = graph[node.Outputs[0]].Shape.Rank != 2 ? 5 : 1 },
        TransposedConv2DOp { Groups: 1, DilationH: 1, DilationW: 1 } op when TransposedPadding(graph, node, op) is { } p && Activation(op.ActivationMin, op.ActivationMax) is { } a =>
            new Builtin(Code.TransposeConv, 49, [(0, p), (1, op.StrideW), (2, op.StrideH), (3, a)])
            {
                Constants = [Ints([.. graph[node.Outputs[0]].Shape])],
                Turned = true,
                Version = a != 0 ? 4 : node.Inputs.Length > 2 ? 3 : 1,
            },
        Pool2DOp { CeilMode: false, DilationH: 1, DilationW: 1 } op when op is not AveragePool2DOp { CountIncludePad: true } && PoolPadding(graph, node, op) is { } p =>
            new Builtin(op is AveragePool2DOp ? Code.AveragePool2D : Code.MaxPool2D, 5, [(0, p), (1, op.StrideW), (2, op.StrideH), (3, op.KernelW), (4, op.KernelH), (5, (byte)0)], 1),
        ReshapeOp op => new Builtin(Code.Reshape, Inputs: 1) { Constants = [Ints([.. op.Shape])] },
        TransposeOp op => new Builtin(Code.Transpose, 26, Inputs: 1) { Constants = [Ints([.. op.Permutation])] },
        ExpandOp op => new Builtin(Code.BroadcastTo, 104, Inputs: 1) { Constants = [Ints([.. op.Shape])], Version = 2 },
        PadOp { Mode: PadMode.Constant, Value: 0 } op => new Builtin(Code.Pad, 22, Inputs: 1) { Constants = [Pairs(op.Before, op.After)] },
        PadOp { Mode: PadMode.Constant } op when graph[node.Inputs[0]].Type == DataType.Float32 => new Builtin(Code.PadV2, 43, Inputs: 1) { Constants = [Pairs(op.Before, op.After), Tensor.Scalar(op.Value)] },
        PadOp { Mode: PadMode.Reflect } op => new Builtin(Code.MirrorPad, 77, [(0, (byte)0)], 1) { Constants = [Pairs(op.Before, op.After)] },
        SliceOp op when op.Steps.All(s => s > 0) => new Builtin(Code.StridedSlice, 32, [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0)], 1)
        {
            Constants = [Ints([.. op.Starts]), Ints([.. op.Starts.Select((s, d) => Math.Min(s + (op.Sizes[d] * op.Steps[d]), graph[node.Inputs[0]].Shape[d]))]), Ints([.. op.Steps])],
        },
        SpaceToBatchOp op => new Builtin(Code.SpaceToBatchNd, 25, Inputs: 1) { Constants = [Ints([.. op.Block]), Pairs(op.Before, op.After)] },
        BatchToSpaceOp op => new Builtin(Code.BatchToSpaceNd, 24, Inputs: 1) { Constants = [Ints([.. op.Block]), Pairs(op.Before, op.After)] },
        ResizeBilinearOp op when IsByRatio(graph, node, op) && op.Coordinates is ResizeCoordinates.Asymmetric or ResizeCoordinates.AlignCorners or ResizeCoordinates.HalfPixel =>
            new Builtin(Code.ResizeBilinear, 15, [(2, op.Coordinates == ResizeCoordinates.AlignCorners), (3, op.Coordinates == ResizeCoordinates.HalfPixel)], 1) { Constants = [Ints([op.Height, op.Width])], Version = 3 },
        ResizeNearestOp op when IsByRatio(graph, node, op) && (op.Coordinates, op.Rounding) is (ResizeCoordinates.Asymmetric, NearestRounding.Floor)
            or (ResizeCoordinates.AlignCorners, NearestRounding.RoundPreferCeil) or (ResizeCoordinates.HalfPixel, NearestRounding.RoundPreferCeil) =>
            new Builtin(Code.ResizeNearestNeighbor, 74, [(0, op.Coordinates == ResizeCoordinates.AlignCorners), (1, op.Coordinates == ResizeCoordinates.HalfPixel)], 1)
            {
                Constants = [Ints([op.Height, op.Width])],
                Version = 3,
            },
        ReduceOp { Kind: ReduceKind.Mean or ReduceKind.Sum or ReduceKind.Max or ReduceKind.Min } op => new Builtin(
            op.Kind switch { ReduceKind.Mean => Code.Mean, ReduceKind.Sum => Code.Sum, ReduceKind.Max => Code.ReduceMax, _ => Code.ReduceMin }, 27, [(0, op.KeepDims)], 1)
        {
            Constants = [Ints([.. op.Axes])],
        },
        GatherOp op => new Builtin(Code.Gather, 23, [(0, op.Axis)], 2),
        BatchMatMulOp op => new Builtin(Code.BatchMatMul, 101, [(0, op.TransposeA), (1, op.TransposeB)], 2),
        FloorOp => new Builtin(Code.Floor, Inputs: 1),
        CeilOp => new Builtin(Code.Ceil, Inputs: 1),
        RoundOp => new Builtin(Code.Round, Inputs: 1),
        SinOp => new Builtin(Code.Sin, Inputs: 1),
        CosOp => new Builtin(Code.Cos, 85, Inputs: 1),
        PowOp => new Builtin(Code.Pow, 56, Inputs: 2),
        AddOp => new Builtin(Code.Add, 11),
        SubOp => new Builtin(Code.Sub, 28),
        MulOp => new Builtin(Code.Mul, 21),
        DivOp => new Builtin(Code.Div, 29),
        MaximumOp => new Builtin(Code.Maximum, 39),
        MinimumOp => new Builtin(Code.Minimum, 39),
        ConcatOp op => new Builtin(Code.Concatenation, 10, [(0, op.Axis)]),
        SoftmaxOp op when graph[node.Inputs[0]].Shape is var x && x.Axis(op.Axis) == x.Rank - 1 => new Builtin(Code.Softmax, 9, [(0, 1f)], 1),
        SigmoidOp => new Builtin(Code.Logistic, Inputs: 1),
        TanhOp => new Builtin(Code.Tanh, Inputs: 1),
        ExpOp => new Builtin(Code.Exp, 33, Inputs: 1),
        LogOp => new Builtin(Code.Log, Inputs: 1),
        SqrtOp => new Builtin(Code.Sqrt, Inputs: 1),
        RsqrtOp => new Builtin(Code.Rsqrt, Inputs: 1),
        AbsOp => new Builtin(Code.Abs, 78, Inputs: 1),
        NegOp => new Builtin(Code.Neg, 42, Inputs: 1),
        HardSwishOp => new Builtin(Code.HardSwish, 91, Inputs: 1),
        PReluOp => new Builtin(Code.PRelu),
        LeakyReluOp op => new Builtin(Code.LeakyRelu, 75, [(0, op.Alpha)], 1),
        ClipOp op when Activation(op.Min, op.Max) == 1 => new Builtin(Code.Relu),
        ClipOp op when Activation(op.Min, op.Max) == 2 => new Builtin(Code.ReluN1To1),
        ClipOp op when Activation(op.Min, op.Max) == 3 => new Builtin(Code.Relu6),
        RequantizeOp or QuantizeOp => new Builtin(Code.Quantize, 95),
        DequantizeOp => new Builtin(Code.Dequantize, 38),
        _ => null,
    };

    /// <summary>0 for SAME, 1 for VALID, null for padding that is neither.</summary>
    private static byte? Padding(Graph graph, Node node, ImageConvolutionOp op)
    {
        if (op is { PadTop: 0, PadBottom: 0, PadLeft: 0, PadRight: 0 })
        {
            return (byte)1;
        }

        Shape x = graph[node.Inputs[0]].Shape;
        Shape y = graph[node.Outputs[0]].Shape;
        Shape w = graph[node.Inputs[1]].Shape;
        bool same = Same(x[1], y[1], w[1], op.StrideH, op.DilationH, op.PadTop, op.PadBottom) && Same(x[2], y[2], w[2], op.StrideW, op.DilationW, op.PadLeft, op.PadRight);
        return same ? (byte)0 : null;
    }

    private static byte? PoolPadding(Graph graph, Node node, Pool2DOp op)
    {
        if (op is { PadTop: 0, PadBottom: 0, PadLeft: 0, PadRight: 0 })
        {
            return (byte)1;
        }

        (Shape x, Shape y) = (graph[node.Inputs[0]].Shape, graph[node.Outputs[0]].Shape);
        bool same = Same(x[1], y[1], op.KernelH, op.StrideH, 1, op.PadTop, op.PadBottom) && Same(x[2], y[2], op.KernelW, op.StrideW, 1, op.PadLeft, op.PadRight);
        return same ? (byte)0 : null;
    }

    /// <summary>The padding is that of the convolution from the output to the input.</summary>
    private static byte? TransposedPadding(Graph graph, Node node, TransposedConv2DOp op)
    {
        if (op is { PadTop: 0, PadBottom: 0, PadLeft: 0, PadRight: 0 })
        {
            return (byte)1;
        }

        (Shape x, Shape y, Shape w) = (graph[node.Inputs[0]].Shape, graph[node.Outputs[0]].Shape, graph[node.Inputs[1]].Shape);
        bool same = Same(y[1], x[1], w[1], op.StrideH, 1, op.PadTop, op.PadBottom - op.OutputPadH) && Same(y[2], x[2], w[2], op.StrideW, 1, op.PadLeft, op.PadRight - op.OutputPadW);
        return same ? (byte)0 : null;
    }

    private static bool IsByRatio(Graph graph, Node node, ResizeOp op)
    {
        Shape x = graph[node.Inputs[0]].Shape;
        return op.Coordinates == ResizeCoordinates.AlignCorners || (op.ScaleH == (float)op.Height / x[1] && op.ScaleW == (float)op.Width / x[2]);
    }

    /// <summary>Zeros where our convolution has no bias: TFLite's always has one.</summary>
    private static ImmutableArray<Tensor> MissingBias(Graph graph, Node node, int channelAxis)
    {
        TensorSpec weights = graph[node.Inputs[1]];
        return node.Inputs.Length > 2 ? [] : [new Tensor(weights.Type == DataType.Float32 ? DataType.Float32 : DataType.Int32, new Shape(weights.Shape[channelAxis]))];
    }

    private static Tensor Ints(int[] values) => Tensor.FromArray(values, values.Length);

    private static Tensor Pairs(ImmutableArray<int> before, ImmutableArray<int> after) =>
        Tensor.FromArray<int>([.. before.Zip(after).SelectMany(p => (int[])[p.First, p.Second])], new Shape(before.Length, 2));

    /// <summary>TFLite's SAME: as many outputs as strides fit in, the odd pixel of padding after the image.</summary>
    private static bool Same(int size, int output, int kernel, int stride, int dilation, int before, int after)
    {
        int total = Math.Max(0, ((output - 1) * stride) + ((kernel - 1) * dilation) + 1 - size);
        return output == (size + stride - 1) / stride && before == total / 2 && after == total - before;
    }

    /// <summary>The schema's fused activation of two bounds; null where it has none.</summary>
    private static byte? Activation(float min, float max) => (min, max) switch
    {
        (float.NegativeInfinity, float.PositiveInfinity) => (byte)0,
        (0, float.PositiveInfinity) => (byte)1,
        (-1, 1) => (byte)2,
        (0, 6) => (byte)3,
        _ => null,
    };
}
