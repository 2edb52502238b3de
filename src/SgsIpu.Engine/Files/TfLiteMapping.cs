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

    /// <summary>The schema's numbers of operators whose options need no more than what is given here.</summary>
    private enum Code
    {
        Add = 0,
        AveragePool2D = 1,
        Concatenation = 2,
        Conv2D = 3,
        DepthwiseConv2D = 4,
        Dequantize = 6,
        FullyConnected = 9,
        Logistic = 14,
        MaxPool2D = 17,
        Mul = 18,
        Relu = 19,
        Relu6 = 21,
        Softmax = 25,
        Tanh = 28,
        Sub = 41,
        Div = 42,
        Exp = 47,
        PRelu = 54,
        Maximum = 55,
        Minimum = 57,
        Neg = 59,
        Log = 73,
        Sqrt = 75,
        Rsqrt = 76,
        LeakyRelu = 98,
        Abs = 101,
        Quantize = 114,
        HardSwish = 117,
    }

    /// <summary>Options are fields by position and the member of the union that they belong to.</summary>
    private sealed record Builtin(Code Code, byte OptionsType = 0, ImmutableArray<(int, object)> Options = default, int Inputs = int.MaxValue);

    /// <summary>The operator of a node.</summary>
    /// <param name="positionOf">Position of a tensor; −1 for the empty name.</param>
    public static TfLiteOperator Of(Graph graph, Node node, Func<string, int> positionOf)
    {
        ImmutableArray<int> outputs = [.. node.Outputs.Select(positionOf)];
        ImmutableArray<int> inputs = [.. node.Inputs.Select(positionOf)];
        return BuiltinOf(graph, node) is { } builtin
            ? new TfLiteOperator((int)builtin.Code, "", [.. inputs.Take(builtin.Inputs)], outputs)
            {
                OptionsType = builtin.OptionsType,
                Options = builtin.Options.IsDefault ? [] : builtin.Options,
            }
            : new TfLiteOperator(Custom, node.Op.Name, inputs, outputs) { CustomOptions = ModelJson.Write(OpJson.Write(node.Op)) };
    }

    private static Builtin? BuiltinOf(Graph graph, Node node) => node.Op switch
    {
        Conv2DOp { Groups: 1 } op when Padding(graph, node, op) is { } p && Activation(op.ActivationMin, op.ActivationMax) is { } a =>
            new Builtin(Code.Conv2D, 1, [(0, p), (1, op.StrideW), (2, op.StrideH), (3, a), (4, op.DilationW), (5, op.DilationH)]),
        DepthwiseConv2DOp op when Padding(graph, node, op) is { } p && Activation(op.ActivationMin, op.ActivationMax) is { } a =>
            new Builtin(Code.DepthwiseConv2D, 2, [(0, p), (1, op.StrideW), (2, op.StrideH), (3, graph[node.Inputs[1]].Shape[3] / graph[node.Inputs[0]].Shape[3]), (4, a), (5, op.DilationW), (6, op.DilationH)]),
        FullyConnectedOp op when Activation(op.ActivationMin, op.ActivationMax) is { } a => new Builtin(Code.FullyConnected, 8, [(0, a), (2, graph[node.Outputs[0]].Shape.Rank != 2)]),
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
