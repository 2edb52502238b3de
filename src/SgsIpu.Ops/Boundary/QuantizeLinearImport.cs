using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>ONNX's QuantizeLinear and DequantizeLinear where they do not stand in pairs: arithmetic as written.</summary>
internal static class QuantizeLinearImport
{
    public static ImmutableArray<ImportRule> Rules { get; } =
    [
        ImportRule.Onnx("DequantizeLinear", Dequantize),
        ImportRule.Onnx("QuantizeLinear", Quantize),
    ];

    /// <summary>clip(round-half-even(x / scale) + zero) in the type of the zero point.</summary>
    private static void Quantize(LiftContext c)
    {
        Tensor scale = c.RequireConstant(1, "the scale");
        Tensor zero = c.HasInput(2) ? c.RequireConstant(2, "the zero point") : new Tensor(DataType.UInt8, scale.Shape);
        (float Low, float High) limits = zero.Type switch
        {
            DataType.UInt8 => (byte.MinValue, byte.MaxValue),
            DataType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
            DataType.UInt16 => (ushort.MinValue, ushort.MaxValue),
            DataType.Int16 => (short.MinValue, short.MaxValue),
            _ => throw c.Error("UnsupportedType", $"quantizing to {zero.Type} is not supported", IpuErrorKind.NotSupported),
        };
        string steps = c.Add("steps", new DivOp(), c.Input(0), c.AddConstant(Along(c, scale, scale.ToFloats()), "scale"));
        string moved = c.Add("moved", new AddOp(), c.Add("rounded", new RoundOp(), steps), c.AddConstant(Along(c, zero, zero.ToFloats()), "zero"));
        c.AddOutput(0, new CastOp(zero.Type), c.Add("limited", new ClipOp(limits.Low, limits.High), moved));
    }

    /// <summary>scale · (q − zero); constants are computed at once, for weights are constants.</summary>
    private static void Dequantize(LiftContext c)
    {
        Tensor scale = c.RequireConstant(1, "the scale");
        Tensor? zero = c.HasInput(2) ? c.RequireConstant(2, "the zero point") : null;
        if (c.Constant(0) is { } constant)
        {
            Shape x = constant.Shape;
            int axis = scale.Count == 1 ? 0 : x.Axis((int)c.Node.Int("axis", 1));
            int inner = scale.Count == 1 ? 1 : (int)new Shape(x.AsSpan()[(axis + 1)..]).Count;
            float[] scales = scale.ToFloats();
            float[] zeros = zero?.ToFloats() ?? new float[scales.Length];
            c.BindConstant(0, Tensor.FromArray<float>([.. constant.ToFloats().Select((q, i) => (q - zeros[i / inner % zeros.Length]) * scales[i / inner % scales.Length])], x));
            return;
        }

        string real = c.Add("real", new CastOp(DataType.Float32), c.Input(0));
        string centred = zero is null ? real : c.Add("centred", new SubOp(), real, c.AddConstant(Along(c, zero, zero.ToFloats()), "zero"));
        c.AddOutput(0, new MulOp(), centred, c.AddConstant(Along(c, scale, scale.ToFloats()), "scale"));
    }

    /// <summary>Numbers of each channel in the rank of the input, so that they broadcast.</summary>
    private static Tensor Along(LiftContext c, Tensor parameter, float[] values)
    {
        Shape x = c.Spec(0).Shape;
        if (parameter.Count == 1)
        {
            return Tensor.Scalar(values[0]);
        }

        int axis = x.Axis((int)c.Node.Int("axis", 1));
        return parameter.Shape.Rank == 1 && parameter.Shape[0] == x[axis]
            ? Tensor.FromArray<float>(values, new Shape([.. x.Select((n, d) => d == axis ? n : 1)]))
            : throw c.Error("ShapeMismatch", $"a parameter of {parameter.Shape} does not fit dimension {axis} of {c.Spec(0)}; blocks are not supported");
    }
}
