using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// The tail of single-shot detectors, a post-processing operator: box codes are decoded against anchors, overlapping boxes of each class
/// are suppressed, the best detections of all classes remain. One image at a time.
/// <para>
/// Inputs: codes [1, n, 4], scores [1, n, classes], and the constant anchors [n, 8]: four numbers of the anchor, four factors of the code.
/// With <paramref name="Corners"/> an anchor is two corners (p1, q1, p2, q2) and a decoded corner is <c>anchor + factor·code</c>; without,
/// it is (p, q, height, width) around a centre, the centre is <c>anchor + factor·code·size</c> and the size is
/// <c>size·exp(factor·code)</c>. Which of p and q is x is the caller's choice.
/// </para>
/// <para>
/// Outputs: boxes [1, d, 4] as corners (p1, q1, p2, q2), classes [1, d] INT32, scores [1, d], and the number of detections [1] INT32. What
/// lies beyond that number is 0.
/// </para>
/// </summary>
/// <param name="MaxDetections">d: the largest number of detections.</param>
/// <param name="Candidates">Boxes of each class that go into suppression, by score; 0 for all.</param>
/// <param name="MaxPerClass">Boxes of one class that may come out of suppression; 0 for all.</param>
/// <param name="ScoreThreshold">Only scores above it count.</param>
/// <param name="IouThreshold">A box goes where it overlaps a better one of its class by more than this share of their union.</param>
/// <param name="Background">A class that is no object, left out; −1 for none. Classes keep their numbers.</param>
/// <param name="ClassAgnostic">True where each box stands for its best class only, and suppresses boxes of all classes.</param>
/// <param name="GroupByClass">True for detections sorted by class, then by score; false for by score alone.</param>
/// <param name="Corners">See above.</param>
/// <param name="Clip">True where decoded corners are limited to [0, 1].</param>
public sealed partial record DetectionPostProcessOp(
    int MaxDetections,
    int Candidates,
    int MaxPerClass,
    float ScoreThreshold,
    float IouThreshold,
    int Background = -1,
    bool ClassAgnostic = false,
    bool GroupByClass = false,
    bool Corners = false,
    bool Clip = false) : IpuOperator
{
    private const int BoxLimit = 24576;

    /// <summary>Detections of all classes together that may meet before the best are taken.</summary>
    private const long MeetingLimit = 1 << 22;

    public static ImmutableArray<ImportRule> Imports => [];

    public override string Name => "DetectionPostProcess";

    public override ImmutableArray<Constraint> Constraints =>
    [
        new($"non-maximum suppression is over at most {BoxLimit} boxes", (inputs, _, _) => inputs[0]!.Shape[1] > BoxLimit ? $"{inputs[0]!.Shape[1]} boxes" : null, ConstraintRemedy.Refused),
    ];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        TensorSpec codes = inputs[0]!;
        TensorSpec scores = inputs[1]!;
        TensorSpec anchors = inputs[2]!;
        bool fits = codes.Shape.Rank == 3 && codes.Shape[0] == 1 && codes.Shape[1] > 0 && codes.Shape[2] == 4
            && scores.Shape.Rank == 3 && scores.Shape[0] == 1 && scores.Shape[1] == codes.Shape[1]
            && anchors is { IsConstant: true, Shape.Rank: 2 } && anchors.Shape[0] == codes.Shape[1] && anchors.Shape[1] == 8;
        if (!fits)
        {
            throw Mismatch($"codes {codes}, scores {scores} and anchors {anchors}; [1, n, 4], [1, n, classes] and constant [n, 8] are needed");
        }

        Layout layout = LayoutOf(inputs);
        if (MaxDetections <= 0 || layout.Classes.Length == 0 || layout.Meeting > MeetingLimit)
        {
            throw Mismatch($"{MaxDetections} detections of {layout.Classes.Length} classes with {layout.PerClass} boxes each; 1 or more, 1 or more, and together at most {MeetingLimit} are possible");
        }

        return
        [
            new TensorType(codes.Type, new Shape(1, MaxDetections, 4)),
            new TensorType(DataType.Int32, new Shape(1, MaxDetections)),
            new TensorType(scores.Type, new Shape(1, MaxDetections)),
            new TensorType(DataType.Int32, new Shape(1)),
        ];
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.General(2) with { Chooses = true };

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    private Layout LayoutOf(IReadOnlyList<TensorSpec?> inputs)
    {
        int n = inputs[0]!.Shape[1];
        ImmutableArray<int> classes = [.. Enumerable.Range(0, inputs[1]!.Shape[2]).Where(c => c != Background)];
        int candidates = Candidates > 0 ? Math.Min(Candidates, n) : n;
        int perClass = MaxPerClass > 0 ? Math.Min(MaxPerClass, candidates) : candidates;
        return new Layout(n, classes, ClassAgnostic ? 1 : classes.Length, candidates, perClass);
    }

    /// <summary>The sizes of a run.</summary>
    /// <param name="Boxes">n.</param>
    /// <param name="Classes">Numbers of the classes that are objects.</param>
    /// <param name="Rows">Rounds of suppression: one a class, or one.</param>
    /// <param name="Candidates">Boxes that go into a round.</param>
    /// <param name="PerClass">Boxes that come out of a round at most.</param>
    private sealed record Layout(int Boxes, ImmutableArray<int> Classes, int Rows, int Candidates, int PerClass)
    {
        public long Meeting => (long)Rows * PerClass;
    }
}
