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

        Emit(c, [.. Enumerable.Range(2, x.Rank - 2)], new Shape([x[1], .. Enumerable.Repeat(1, x.Rank - 2)]), c.Node.Float("epsilon", 1e-5f));
    }

    /// <summary>Normalizes input 0 over some dimensions; inputs 1 and 2 are scale and bias.</summary>
    /// <param name="channels">The shape in which scale and bias broadcast to the input.</param>
    internal static void Emit(LiftContext c, ImmutableArray<int> over, Shape channels, float epsilon)
    {
        var mean = new ReduceOp(ReduceKind.Mean, over);
        string centred = c.Add("centred", new SubOp(), c.Input(0), c.Add("mean", mean, c.Input(0)));
        string variance = c.Add("variance", mean, c.Add("square", new MulOp(), centred, centred));
        string raised = c.Add("raised", new AddOp(), variance, c.AddConstant(Tensor.Scalar(epsilon), "epsilon"));
        string unit = c.Add("unit", new MulOp(), centred, c.Add("rsqrt", new RsqrtOp(), raised));
        string scaled = c.Add("scaled", new MulOp(), unit, c.Add("scale", new ReshapeOp(channels), c.Input(1)));
        c.AddOutput(0, new AddOp(), scaled, c.Add("bias", new ReshapeOp(channels), c.Input(2)));
    }
}
