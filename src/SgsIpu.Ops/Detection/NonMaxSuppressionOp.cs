using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// ONNX NonMaxSuppression, a post-processing operator: boxes [b, n, 4] and scores [b, classes, n] to the indices (batch, class, box) of
/// the boxes that are kept, best first in each class. The number of rows is the largest possible one; rows beyond those found are −1.
/// </summary>
/// <param name="MaxPerClass">The largest number of boxes kept for one class.</param>
/// <param name="IouThreshold">A box goes where it overlaps a better one by more than this share of their union.</param>
/// <param name="ScoreThreshold">Only scores above it count; −∞ for all.</param>
/// <param name="CenterBoxes">True for boxes (x, y, width, height) around a centre, false for two corners (y1, x1, y2, x2).</param>
public sealed partial record NonMaxSuppressionOp(int MaxPerClass, float IouThreshold = 0, float ScoreThreshold = float.NegativeInfinity, bool CenterBoxes = false) : IpuOperator
{
    private const int BoxLimit = 24576;

    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Onnx("NonMaxSuppression", Lift)];

    public override string Name => "NonMaxSuppression";

    public override ImmutableArray<Constraint> Constraints =>
    [
        new($"non-maximum suppression is over at most {BoxLimit} boxes", (inputs, _, _) => inputs[0]!.Shape[1] > BoxLimit ? $"{inputs[0]!.Shape[1]} boxes" : null, ConstraintRemedy.Refused),
    ];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        TensorSpec boxes = inputs[0]!;
        TensorSpec scores = inputs[1]!;
        bool fits = boxes.Shape.Rank == 3 && scores.Shape.Rank == 3 && boxes.Shape[2] == 4 && boxes.Shape[0] == scores.Shape[0] && boxes.Shape[1] == scores.Shape[2] && MaxPerClass > 0;
        return fits
            ? [new TensorType(DataType.Int64, new Shape(checked(scores.Shape[0] * scores.Shape[1] * Kept(boxes)), 3))]
            : throw Mismatch($"boxes {boxes} and scores {scores} with {MaxPerClass} results for each class; [b, n, 4], [b, classes, n] and 1 or more are needed");
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        var inputs = new List<string>
        {
            emitter.Native(node.Inputs[0]),
            emitter.Native(node.Inputs[1]),
            emitter.Constant([MaxPerClass], "most"),
            emitter.Constant(Tensor.FromArray([IouThreshold], 1), "overlap"),
        };
        if (!float.IsNegativeInfinity(ScoreThreshold))
        {
            inputs.Add(emitter.Constant(Tensor.FromArray([ScoreThreshold], 1), "score"));
        }

        string found = emitter.Add("NonMaxSuppression", inputs, "found", ("center_point_box", CenterBoxes ? 1L : 0L));
        string count = emitter.Add("Shape", [found], "count", ("end", 1L));
        string missing = emitter.Add("Sub", [emitter.Constant([emitter.Spec(node.Outputs[0]).Shape[0]], "rows"), count], "missing");
        string pads = emitter.Add("Concat", [emitter.Constant([0, 0], "before"), missing, emitter.Constant([0], "after")], "pads", ("axis", 0L));
        emitter.Add("Pad", [found, pads, emitter.Constant(Tensor.Scalar(-1L), "none")], [emitter.DefineNative(node.Outputs[0])]);
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.General(2) with { Chooses = true };

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    private int Kept(TensorSpec boxes) => Math.Min(MaxPerClass, boxes.Shape[1]);

    private static void Lift(LiftContext c)
    {
        long most = c.HasInput(2) ? Single(c, 2, "the number of boxes for each class").ToLongs()[0] : 0;
        float overlap = c.HasInput(3) ? Single(c, 3, "the overlap threshold").ToFloats()[0] : 0;
        float score = c.HasInput(4) ? Single(c, 4, "the score threshold").ToFloats()[0] : float.NegativeInfinity;
        if (most <= 0)
        {
            c.BindConstant(0, new Tensor(DataType.Int64, new Shape(0, 3)));
            return;
        }

        c.AddOutput(0, new NonMaxSuppressionOp((int)Math.Min(most, int.MaxValue), overlap, score, c.Node.Int("center_point_box", 0) != 0), c.Input(0), c.Input(1));
    }

    private static Tensor Single(LiftContext c, int input, string meaning) => c.RequireConstant(input, meaning) is { Count: 1 } one
        ? one
        : throw c.Error("ShapeMismatch", $"{meaning} is one number, found {c.Spec(input)}");
}
