using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Recurrent;

namespace SgsIpu.Ops;

/// <summary>TFLite's <c>UNIDIRECTIONAL_SEQUENCE_LSTM</c>: a tensor for each gate, in the order i, f, c, o, where ours has one for all, i, o, f, c.</summary>
internal static class TfLiteRecurrent
{
    private const int Weights = 1;
    private const int Recurrence = 5;
    private const int Peepholes = 9;
    private const int Biases = 12;
    private const int Projection = 16;
    private const int Normalization = 20;

    /// <summary>Behind a cell of this magnitude tanh is 1 to seven digits; converters limit cells to 10.</summary>
    private const float SaturatedCell = 9;

    private static readonly int[] Gates = [0, 3, 1, 2];

    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.TfLite("UNIDIRECTIONAL_SEQUENCE_LSTM", Lift)];

    private static void Lift(LiftContext c)
    {
        if (Enumerable.Range(Projection, 2).Concat(Enumerable.Range(Normalization, 4)).FirstOrDefault(c.HasInput, -1) is var extra and >= 0)
        {
            throw c.Error("UnsupportedAttribute", $"input {extra} '{c.Node.Inputs[extra]}' is {(extra < Normalization ? "a projection" : "a normalization of gates")}, which is not supported", IpuErrorKind.NotSupported);
        }

        float clip = c.Node.Float("cell_clip", 0);
        if (c.Spec(0).Shape.Rank != 3 || !c.HasInput(Weights) || (clip > 0 && clip < SaturatedCell))
        {
            throw c.Error("UnsupportedAttribute", $"sequences of rank 3 with four gates and cells not limited below {SaturatedCell} are supported, found {c.Spec(0)} with a limit of {clip}", IpuErrorKind.NotSupported);
        }

        GateActivation activation = c.Node.String("fused_activation_function", "TANH") switch
        {
            "TANH" => GateActivation.Tanh,
            "RELU" => GateActivation.Relu,
            var other => throw c.Error("UnsupportedAttribute", $"the activation of a cell is TANH or RELU, found {other}", IpuErrorKind.NotSupported),
        };
        bool timeMajor = c.Node.Bool("time_major", false);
        int hidden = c.Spec(Recurrence).Shape[-1];
        string x = timeMajor ? c.Input(0) : c.Add("steps", new TransposeOp([1, 0, 2]), c.Input(0));
        string weights = Joined(c, Weights, "weights", new Shape(1, 4 * hidden, c.Spec(0).Shape[2]));
        string recurrence = Joined(c, Recurrence, "recurrence", new Shape(1, 4 * hidden, hidden));
        float[] bias = [.. Gates.SelectMany(g => Values(c, Biases + g, hidden)), .. new float[4 * hidden]];
        string peepholes = Enumerable.Range(Peepholes, 3).Any(c.HasInput)
            ? c.AddConstant(Tensor.FromArray<float>([.. new[] { 0, 2, 1 }.SelectMany(p => Values(c, Peepholes + p, hidden))], new Shape(1, 3 * hidden)), "peepholes")
            : "";
        var op = new LstmOp { Activations = [GateActivation.Sigmoid, activation, activation] };
        string y = c.Add("states", op, x, weights, recurrence, c.AddConstant(Tensor.FromArray<float>(bias, new Shape(1, 8 * hidden)), "bias"), "", "", peepholes);
        Shape s = c.SpecOf(y).Shape;
        string flat = c.Add("sequence", new ReshapeOp(new Shape(s[0], s[2], s[3])), y);
        c.AddOutput(0, timeMajor ? new IdentityOp() : new TransposeOp([1, 0, 2]), flat);
    }

    private static string Joined(LiftContext c, int first, string hint, Shape shape)
    {
        float[] values = [.. Gates.SelectMany(g => c.RequireConstant(first + g, hint).ToFloats())];
        return values.Length == shape.Count
            ? c.AddConstant(Tensor.FromArray<float>(values, shape), hint)
            : throw c.Error("ShapeMismatch", $"the {hint} have {values.Length} elements, {shape} takes {shape.Count}");
    }

    private static float[] Values(LiftContext c, int input, int count)
    {
        float[] values = c.HasInput(input) ? c.RequireConstant(input, "bias").ToFloats() : new float[count];
        return values.Length == count ? values : throw c.Error("ShapeMismatch", $"input {input} has {values.Length} elements for {count} cells");
    }
}
