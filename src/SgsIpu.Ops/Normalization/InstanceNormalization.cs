using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// Instance normalization, which is (x − mean) · rsqrt(mean of squares + epsilon) · scale + bias, with means over each channel's own image.
/// </summary>
public static class InstanceNormalization
{
    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Onnx("InstanceNormalization", Lift)];

    private static void Lift(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        if (x.Rank < 3 || c.Spec(1).Shape.Count != x[1] || c.Spec(2).Shape.Count != x[1])
        {
            throw c.Error("ShapeMismatch", $"scale {c.Spec(1)} and bias {c.Spec(2)} do not belong to the channels of {c.Spec(0)}");
        }

        var mean = new ReduceOp(ReduceKind.Mean, [.. Enumerable.Range(2, x.Rank - 2)]);
        var channels = new ReshapeOp(new Shape([x[1], .. Enumerable.Repeat(1, x.Rank - 2)]));
        string centred = c.Add("centred", new SubOp(), c.Input(0), c.Add("mean", mean, c.Input(0)));
        string variance = c.Add("variance", mean, c.Add("square", new MulOp(), centred, centred));
        string raised = c.Add("raised", new AddOp(), variance, c.AddConstant(Tensor.Scalar(c.Node.Float("epsilon", 1e-5f)), "epsilon"));
        string unit = c.Add("unit", new MulOp(), centred, c.Add("rsqrt", new RsqrtOp(), raised));
        string scaled = c.Add("scaled", new MulOp(), unit, c.Add("scale", channels, c.Input(1)));
        c.AddOutput(0, new AddOp(), scaled, c.Add("bias", channels, c.Input(2)));
    }
}
