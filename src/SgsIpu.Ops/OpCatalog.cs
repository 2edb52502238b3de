using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Every operator, by name, with its import rules. A new operator is added here and nowhere else.</summary>
public static class OpCatalog
{
    private static readonly ImmutableArray<OpEntry> Sorted =
    [
        new("Abs", typeof(AbsOp), AbsOp.Imports),
        new("Acos", typeof(AcosOp), AcosOp.Imports),
        new("Acosh", typeof(AcoshOp), AcoshOp.Imports),
        new("Add", typeof(AddOp), AddOp.Imports),
        new("Arg", typeof(ArgOp), ArgOp.Imports),
        new("Asin", typeof(AsinOp), AsinOp.Imports),
        new("Asinh", typeof(AsinhOp), AsinhOp.Imports),
        new("Atan", typeof(AtanOp), AtanOp.Imports),
        new("Atanh", typeof(AtanhOp), AtanhOp.Imports),
        new("AveragePool2D", typeof(AveragePool2DOp), AveragePool2DOp.Imports),
        new("BatchMatMul", typeof(BatchMatMulOp), BatchMatMulOp.Imports),
        new("BatchToSpace", typeof(BatchToSpaceOp), BatchToSpaceOp.Imports),
        new("BitShift", typeof(BitShiftOp), BitShiftOp.Imports),
        new("Cast", typeof(CastOp), CastOp.Imports),
        new("Ceil", typeof(CeilOp), CeilOp.Imports),
        new("Celu", typeof(CeluOp), CeluOp.Imports),
        new("Clip", typeof(ClipOp), ClipOp.Imports),
        new("Compare", typeof(CompareOp), CompareOp.Imports),
        new("Concat", typeof(ConcatOp), ConcatOp.Imports),
        new("Conv2D", typeof(Conv2DOp), Conv2DOp.Imports),
        new("Cos", typeof(CosOp), CosOp.Imports),
        new("Cosh", typeof(CoshOp), CoshOp.Imports),
        new("CumSum", typeof(CumSumOp), CumSumOp.Imports),
        new("DepthwiseConv2D", typeof(DepthwiseConv2DOp), DepthwiseConv2DOp.Imports),
        new("Dequantize", typeof(DequantizeOp), DequantizeOp.Imports),
        new("DetectionPostProcess", typeof(DetectionPostProcessOp), DetectionPostProcessOp.Imports),
        new("Div", typeof(DivOp), DivOp.Imports),
        new("Elu", typeof(EluOp), EluOp.Imports),
        new("Erf", typeof(ErfOp), ErfOp.Imports),
        new("Exp", typeof(ExpOp), ExpOp.Imports),
        new("Expand", typeof(ExpandOp), ExpandOp.Imports),
        new("Floor", typeof(FloorOp), FloorOp.Imports),
        new("FloorDiv", typeof(FloorDivOp), FloorDivOp.Imports),
        new("FullyConnected", typeof(FullyConnectedOp), FullyConnectedOp.Imports),
        new("Gather", typeof(GatherOp), GatherOp.Imports),
        new("GatherElements", typeof(GatherElementsOp), GatherElementsOp.Imports),
        new("GatherND", typeof(GatherNDOp), GatherNDOp.Imports),
        new("Gelu", typeof(GeluOp), GeluOp.Imports),
        new("GridSample", typeof(GridSampleOp), GridSampleOp.Imports),
        new("Gru", typeof(GruOp), GruOp.Imports),
        new("HardSigmoid", typeof(HardSigmoidOp), HardSigmoidOp.Imports),
        new("HardSwish", typeof(HardSwishOp), HardSwishOp.Imports),
        new("Identity", typeof(IdentityOp), IdentityOp.Imports),
        new("IsNonFinite", typeof(IsNonFiniteOp), IsNonFiniteOp.Imports),
        new("LayerNormalization", typeof(LayerNormalizationOp), LayerNormalizationOp.Imports),
        new("LeakyRelu", typeof(LeakyReluOp), LeakyReluOp.Imports),
        new("LocalResponseNormalization", typeof(LocalResponseNormalizationOp), LocalResponseNormalizationOp.Imports),
        new("Log", typeof(LogOp), LogOp.Imports),
        new("LogSoftmax", typeof(LogSoftmaxOp), LogSoftmaxOp.Imports),
        new("Logic", typeof(LogicOp), LogicOp.Imports),
        new("Lstm", typeof(LstmOp), LstmOp.Imports),
        new("MaxPool2D", typeof(MaxPool2DOp), MaxPool2DOp.Imports),
        new("MaxPoolWithIndices2D", typeof(MaxPoolWithIndices2DOp), MaxPoolWithIndices2DOp.Imports),
        new("MaxRoiPool", typeof(MaxRoiPoolOp), MaxRoiPoolOp.Imports),
        new("Maximum", typeof(MaximumOp), MaximumOp.Imports),
        new("Minimum", typeof(MinimumOp), MinimumOp.Imports),
        new("Mish", typeof(MishOp), MishOp.Imports),
        new("Mod", typeof(ModOp), ModOp.Imports),
        new("Mul", typeof(MulOp), MulOp.Imports),
        new("Neg", typeof(NegOp), NegOp.Imports),
        new("NonMaxSuppression", typeof(NonMaxSuppressionOp), NonMaxSuppressionOp.Imports),
        new("NormalizeImage", typeof(NormalizeImageOp), NormalizeImageOp.Imports),
        new("Not", typeof(NotOp), NotOp.Imports),
        new("PRelu", typeof(PReluOp), PReluOp.Imports),
        new("Pad", typeof(PadOp), PadOp.Imports),
        new("PositionRoiPool", typeof(PositionRoiPoolOp), PositionRoiPoolOp.Imports),
        new("Pow", typeof(PowOp), PowOp.Imports),
        new("Quantize", typeof(QuantizeOp), QuantizeOp.Imports),
        new("Reciprocal", typeof(ReciprocalOp), ReciprocalOp.Imports),
        new("Reduce", typeof(ReduceOp), ReduceOp.Imports),
        new("Requantize", typeof(RequantizeOp), RequantizeOp.Imports),
        new("Reshape", typeof(ReshapeOp), ReshapeOp.Imports),
        new("ResizeBilinear", typeof(ResizeBilinearOp), []),
        new("ResizeNearest", typeof(ResizeNearestOp), []),
        new("ResizeSeparable", typeof(ResizeSeparableOp), ResizeSeparableOp.Imports),
        new("RmsNormalization", typeof(RmsNormalizationOp), RmsNormalizationOp.Imports),
        new("Rnn", typeof(RnnOp), RnnOp.Imports),
        new("RoiAlign", typeof(RoiAlignOp), RoiAlignOp.Imports),
        new("Round", typeof(RoundOp), RoundOp.Imports),
        new("Rsqrt", typeof(RsqrtOp), RsqrtOp.Imports),
        new("Scatter", typeof(ScatterOp), ScatterOp.Imports),
        new("Shrink", typeof(ShrinkOp), ShrinkOp.Imports),
        new("Sigmoid", typeof(SigmoidOp), SigmoidOp.Imports),
        new("Sign", typeof(SignOp), SignOp.Imports),
        new("Silu", typeof(SiluOp), SiluOp.Imports),
        new("Sin", typeof(SinOp), SinOp.Imports),
        new("Sinh", typeof(SinhOp), SinhOp.Imports),
        new("Slice", typeof(SliceOp), SliceOp.Imports),
        new("Softmax", typeof(SoftmaxOp), SoftmaxOp.Imports),
        new("Softplus", typeof(SoftplusOp), SoftplusOp.Imports),
        new("Softsign", typeof(SoftsignOp), SoftsignOp.Imports),
        new("SpaceToBatch", typeof(SpaceToBatchOp), SpaceToBatchOp.Imports),
        new("Sqrt", typeof(SqrtOp), SqrtOp.Imports),
        new("SsdDetection", typeof(SsdDetectionOp), SsdDetectionOp.Imports),
        new("Sub", typeof(SubOp), SubOp.Imports),
        new("Tan", typeof(TanOp), TanOp.Imports),
        new("Tanh", typeof(TanhOp), TanhOp.Imports),
        new("ThresholdedRelu", typeof(ThresholdedReluOp), ThresholdedReluOp.Imports),
        new("TopK", typeof(TopKOp), TopKOp.Imports),
        new("Transpose", typeof(TransposeOp), TransposeOp.Imports),
        new("TransposedConv2D", typeof(TransposedConv2DOp), TransposedConv2DOp.Imports),
        new("Where", typeof(WhereOp), WhereOp.Imports),
    ];

    /// <summary>Operators of frameworks that become none, one of several, or several of ours.</summary>
    private static readonly ImmutableArray<ImportRule> Rewrites =
    [
        .. CaffeImport.Rules,
        .. BatchNormalization.Imports,
        .. EinsumImport.Imports,
        .. ImageMovementImport.Imports,
        .. InstanceNormalization.Imports,
        .. MaxUnpoolImport.Imports,
        .. MovementImport.Rules,
        .. NonMaxSuppressionImport.Imports,
        .. NormalizationImport.Imports,
        .. PoolingImport.Imports,
        .. QuantizeLinearImport.Rules,
        .. ReductionImport.Rules,
        .. ResizeImport.Imports,
        .. SelectionImport.Rules,
        .. ShapeImport.Imports,
        .. TensorFlowElementwise.Imports,
        .. TensorFlowImage.Imports,
        .. TensorFlowMovement.Imports,
        .. TensorFlowVolume.Imports,
        .. TfLiteCustom.Imports,
        .. TfLiteRecurrent.Imports,
    ];

    private static readonly Dictionary<(Framework, string), ImportRule> Rules =
        Sorted.SelectMany(e => e.Imports).Concat(Rewrites).ToDictionary(r => (r.Framework, r.OpType));

    public static ImmutableArray<OpEntry> Entries => Sorted;

    /// <summary>
    /// The record type of an operator name, or null. Found by its name, which is the operator's with "Op" behind it, so that who loads a
    /// model does not wait for the import rules of all frameworks.
    /// </summary>
    public static Type? TypeOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length is > 0 and <= 64 && name.All(char.IsAsciiLetterOrDigit)
            && typeof(IpuOperator).Assembly.GetType($"{typeof(IpuOperator).Namespace}.{name}Op") is { IsAbstract: false } type
            && type.IsSubclassOf(typeof(IpuOperator))
            ? type
            : null;
    }

    /// <summary>The names of a framework's operators that have a rule, sorted.</summary>
    public static IEnumerable<string> OperatorsOf(Framework framework) =>
        Rules.Keys.Where(k => k.Item1 == framework).Select(k => k.Item2).Order(StringComparer.Ordinal);

    /// <summary>An operator of the catalog with the usual value of each attribute, for what does not depend on them.</summary>
    public static IpuOperator Usual(OpEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return OpJson.Read(entry.Name, System.Text.Json.JsonDocument.Parse("{}").RootElement);
    }

    /// <summary>The rule that lifts a source node, or null where the operator is not supported.</summary>
    public static ImportRule? RuleFor(Framework framework, SourceNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Rules.GetValueOrDefault((framework, node.Domain.Length == 0 ? node.OpType : node.Domain + "." + node.OpType));
    }
}
