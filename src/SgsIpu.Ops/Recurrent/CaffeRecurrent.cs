using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// Caffe's LSTM: bottoms [steps, batch, …], the marks of where sequences go on [steps, batch], and optionally what is the same at all
/// steps [batch, …]; weights of the inputs, bias, weights of the second, and recurrence, each with the gates i, f, o, g.
/// </summary>
internal static class CaffeRecurrent
{
    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Caffe("LSTM", Lstm)];

    /// <summary>The gates of the IR (i, o, f, c) in Caffe's order.</summary>
    private static readonly int[] Gates = [0, 2, 1, 3];

    private static void Lstm(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int hidden = c.Size("num_output", 0);
        if (x.Rank < 3 || c.Node.Bool("expose_hidden", false) || c.OutputCount > 1)
        {
            throw c.Error("CaffeParameter", $"an LSTM reads [steps, batch, …] and exposes no state, found {c.Spec(0)}", IpuErrorKind.NotSupported);
        }

        // A mark of 0 resets the state; the first step starts from nothing anyhow.
        float[] marks = c.RequireConstant(1, "where sequences go on; a ContinuationIndicator gives the usual marks").ToFloats();
        if (marks.Length != x[0] * x[1] || marks.Skip(x[1]).Any(m => m != 1))
        {
            throw c.Error("CaffeParameter", "sequences that begin in the middle of the steps are not supported", IpuErrorKind.NotSupported);
        }

        int inputs = x.Skip(2).Aggregate(1, (a, b) => checked(a * b));
        int rows = checked(4 * hidden);
        string flat = c.Reshaped(c.Input(0), new Shape(x[0], x[1], inputs), "steps");
        float[] weights = Ordered(c.Blob(0, "input weights", new Shape(rows, inputs)), hidden);
        bool fixedInput = c.HasInput(2);
        if (fixedInput)
        {
            int more = (int)(c.Spec(2).Shape.Count / Math.Max(1, x[1]));
            string once = c.Reshaped(c.Input(2), new Shape(1, x[1], more), "static");
            flat = c.Add("joined", new ConcatOp(2), flat, c.Add("repeated", new ExpandOp(new Shape(x[0], x[1], more)), once));
            float[] second = Ordered(c.Blob(2, "weights of the second input", new Shape(rows, more)), hidden);
            weights = [.. Enumerable.Range(0, rows).SelectMany(r => weights.Skip(r * inputs).Take(inputs).Concat(second.Skip(r * more).Take(more)))];
            inputs += more;
        }

        float[] bias = [.. Ordered(c.Blob(1, "bias", new Shape(rows)), hidden), .. new float[rows]];
        float[] recurrence = Ordered(c.Blob(fixedInput ? 3 : 2, "recurrence", new Shape(rows, hidden)), hidden);
        var op = new LstmOp();
        string states = c.Add(
            "states",
            op with { Activations = op.UsualActivations },
            flat,
            c.AddConstant(Tensor.FromArray(weights, 1, rows, inputs), "weights"),
            c.AddConstant(Tensor.FromArray(recurrence, 1, rows, hidden), "recurrence"),
            c.AddConstant(Tensor.FromArray(bias, 1, 2 * rows), "bias"),
            "",
            "",
            "");
        c.AddOutput(0, new ReshapeOp(new Shape(x[0], x[1], hidden)), states);
    }

    /// <summary>Rows of a gate after those of another, in the IR's order.</summary>
    private static float[] Ordered(Tensor values, int hidden)
    {
        int width = (int)(values.Count / 4);
        float[] all = values.ToFloats();
        return hidden > 0 ? [.. Gates.SelectMany(g => all.Skip(g * width).Take(width))] : all;
    }
}
