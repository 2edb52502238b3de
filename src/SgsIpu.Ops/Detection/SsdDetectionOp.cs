using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// SSD's last step, a post-processing operator: decodes boxes against priors, suppresses overlapping ones of a class, and keeps the best.
/// Inputs: offsets [1, P·L·4] (L is 1 or the number of classes), scores [1, P·<see cref="Classes"/>], and the constant priors [1, 2, 4·P],
/// whose second row are variances. Output: rows (image, class, score, x1, y1, x2, y2) as [1, 1, R, 7], the best first; rows that are not
/// used are 0. R is <see cref="KeepTopK"/>, or all that can be where that is not positive.
/// </summary>
/// <remarks>
/// Algorithm: Liu et al., "SSD: Single Shot MultiBox Detector", and its DetectionOutput layer. In a fixed-point model the operator reads
/// INT16 offsets and scores with their scales and writes Float32: it is the dequantization of the network's end. Candidates are chosen and
/// ordered by their integers.
/// </remarks>
/// <param name="BackgroundLabel">The class that is no object; −1 for none.</param>
/// <param name="NmsTopK">Candidates of a class that enter suppression; all where it is not positive.</param>
public sealed record SsdDetectionOp(
    int Classes, bool ShareLocation, int BackgroundLabel, float NmsThreshold, int NmsTopK, int KeepTopK, float ConfidenceThreshold, BoxCode Code, bool VarianceInTarget) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Caffe("DetectionOutput", Lift)];

    public override string Name => "SsdDetection";

    public override ImmutableArray<Constraint> Constraints =>
    [
        new("the suppression of overlapping boxes takes at most 24576 boxes", (inputs, _, _) => inputs[2]!.Shape[2] / 4 > 24576 ? $"{inputs[2]!.Shape[2] / 4} boxes" : null, ConstraintRemedy.Refused),
    ];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        if (inputs.Count < 3 || inputs[0] is not { } boxes || inputs[1] is not { } scores || inputs[2] is not { } priors || Classes < 1)
        {
            throw Mismatch("needs offsets, scores and priors");
        }

        int count = priors.Shape is { Rank: 3 } s && s[0] == 1 && s[1] == 2 && s[2] % 4 == 0 ? s[2] / 4 : throw Mismatch($"the priors are [1, 2, 4·boxes], found {priors}");
        int locations = ShareLocation ? 1 : Classes;
        if (count < 1 || boxes.Shape != new Shape(1, checked(count * locations * 4)) || scores.Shape != new Shape(1, checked(count * Classes)))
        {
            throw Mismatch($"{count} priors and {Classes} classes take offsets [1, {4L * count * locations}] and scores [1, {(long)count * Classes}], found {boxes} and {scores}");
        }

        int candidates = Candidates(count);
        return [new TensorType(DataType.Float32, new Shape(1, 1, KeepTopK > 0 ? KeepTopK : checked(candidates * Classes), 7))];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node) => new SsdDetectionEmission(this, emitter, node).Emit();

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.PostProcessing(2);

    public override FixedKernel PrepareFixed(FixedBinding binding) => new SsdDetectionKernel(this, binding);

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    /// <summary>Boxes of a class that enter suppression.</summary>
    internal int Candidates(int priors) => NmsTopK > 0 ? Math.Min(NmsTopK, priors) : priors;

    private static void Lift(LiftContext c)
    {
        _ = c.RequireConstant(2, "the prior boxes");
        if (c.Node.Float("nms_param.eta", 1) != 1)
        {
            throw c.Error("CaffeParameter", "an adaptive threshold ('eta' other than 1) is not supported", IpuErrorKind.NotSupported);
        }

        if (c.Spec(0).Shape[0] != 1)
        {
            throw c.Error("CaffeParameter", $"detections are made of one image, found {c.Spec(0)}", IpuErrorKind.NotSupported);
        }

        // CORNER is 1 in the enumeration.
        var code = (BoxCode)(c.Enum("code_type", 1, "", "CORNER", "CENTER_SIZE", "CORNER_SIZE") - 1);
        int rows = c.Size("keep_top_k", -1, -1);
        var op = new SsdDetectionOp(
            c.Size("num_classes", 0),
            c.Node.Bool("share_location", true),
            c.Size("background_label_id", 0, -1),
            c.Node.Float("nms_param.nms_threshold", 0.3f),
            c.Size("nms_param.top_k", -1, -1),
            rows,
            c.Node.Float("confidence_threshold", float.MinValue),
            code,
            c.Node.Bool("variance_encoded_in_target", false));
        string[] inputs = [.. Enumerable.Range(0, 2).Select(i => c.Reshaped(c.Input(i), new Shape(1, checked((int)c.Spec(i).Shape.Count)), i == 0 ? "offsets" : "scores")), c.Input(2)];
        c.AddOutput(0, op, inputs);
    }
}
