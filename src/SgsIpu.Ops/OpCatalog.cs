using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Every operator, by name, with its import rules. A new operator is added here and nowhere else.</summary>
public static class OpCatalog
{
    private static readonly ImmutableArray<OpEntry> Sorted =
    [
        new("Abs", typeof(AbsOp), static () => AbsOp.Imports),
        new("Acos", typeof(AcosOp), static () => AcosOp.Imports),
        new("Acosh", typeof(AcoshOp), static () => AcoshOp.Imports),
        new("Add", typeof(AddOp), static () => AddOp.Imports),
        new("Arg", typeof(ArgOp), static () => ArgOp.Imports),
        new("Asin", typeof(AsinOp), static () => AsinOp.Imports),
        new("Asinh", typeof(AsinhOp), static () => AsinhOp.Imports),
        new("Atan", typeof(AtanOp), static () => AtanOp.Imports),
        new("Atanh", typeof(AtanhOp), static () => AtanhOp.Imports),
        new("AveragePool2D", typeof(AveragePool2DOp), static () => AveragePool2DOp.Imports),
        new("BatchMatMul", typeof(BatchMatMulOp), static () => BatchMatMulOp.Imports),
        new("BatchToSpace", typeof(BatchToSpaceOp), static () => BatchToSpaceOp.Imports),
        new("BitShift", typeof(BitShiftOp), static () => BitShiftOp.Imports),
        new("Cast", typeof(CastOp), static () => CastOp.Imports),
        new("Ceil", typeof(CeilOp), static () => CeilOp.Imports),
        new("Celu", typeof(CeluOp), static () => CeluOp.Imports),
        new("Clip", typeof(ClipOp), static () => ClipOp.Imports),
        new("Compare", typeof(CompareOp), static () => CompareOp.Imports),
        new("Concat", typeof(ConcatOp), static () => ConcatOp.Imports),
        new("Conv2D", typeof(Conv2DOp), static () => Conv2DOp.Imports),
        new("Cos", typeof(CosOp), static () => CosOp.Imports),
        new("Cosh", typeof(CoshOp), static () => CoshOp.Imports),
        new("CumSum", typeof(CumSumOp), static () => CumSumOp.Imports),
        new("DepthwiseConv2D", typeof(DepthwiseConv2DOp), static () => DepthwiseConv2DOp.Imports),
        new("Dequantize", typeof(DequantizeOp), static () => DequantizeOp.Imports),
        new("DetectionPostProcess", typeof(DetectionPostProcessOp), static () => DetectionPostProcessOp.Imports),
        new("Div", typeof(DivOp), static () => DivOp.Imports),
        new("Elu", typeof(EluOp), static () => EluOp.Imports),
        new("Erf", typeof(ErfOp), static () => ErfOp.Imports),
        new("Exp", typeof(ExpOp), static () => ExpOp.Imports),
        new("Expand", typeof(ExpandOp), static () => ExpandOp.Imports),
        new("Floor", typeof(FloorOp), static () => FloorOp.Imports),
        new("FloorDiv", typeof(FloorDivOp), static () => FloorDivOp.Imports),
        new("FullyConnected", typeof(FullyConnectedOp), static () => FullyConnectedOp.Imports),
        new("Gather", typeof(GatherOp), static () => GatherOp.Imports),
        new("GatherElements", typeof(GatherElementsOp), static () => GatherElementsOp.Imports),
        new("GatherND", typeof(GatherNDOp), static () => GatherNDOp.Imports),
        new("Gelu", typeof(GeluOp), static () => GeluOp.Imports),
        new("GridSample", typeof(GridSampleOp), static () => GridSampleOp.Imports),
        new("Gru", typeof(GruOp), static () => GruOp.Imports),
        new("HardSigmoid", typeof(HardSigmoidOp), static () => HardSigmoidOp.Imports),
        new("HardSwish", typeof(HardSwishOp), static () => HardSwishOp.Imports),
        new("Identity", typeof(IdentityOp), static () => IdentityOp.Imports),
        new("IsNonFinite", typeof(IsNonFiniteOp), static () => IsNonFiniteOp.Imports),
        new("LayerNormalization", typeof(LayerNormalizationOp), static () => LayerNormalizationOp.Imports),
        new("LeakyRelu", typeof(LeakyReluOp), static () => LeakyReluOp.Imports),
        new("LocalResponseNormalization", typeof(LocalResponseNormalizationOp), static () => LocalResponseNormalizationOp.Imports),
        new("Log", typeof(LogOp), static () => LogOp.Imports),
        new("LogSoftmax", typeof(LogSoftmaxOp), static () => LogSoftmaxOp.Imports),
        new("Logic", typeof(LogicOp), static () => LogicOp.Imports),
        new("Lstm", typeof(LstmOp), static () => LstmOp.Imports),
        new("MaxPool2D", typeof(MaxPool2DOp), static () => MaxPool2DOp.Imports),
        new("MaxPoolWithIndices2D", typeof(MaxPoolWithIndices2DOp), static () => MaxPoolWithIndices2DOp.Imports),
        new("MaxRoiPool", typeof(MaxRoiPoolOp), static () => MaxRoiPoolOp.Imports),
        new("Maximum", typeof(MaximumOp), static () => MaximumOp.Imports),
        new("Minimum", typeof(MinimumOp), static () => MinimumOp.Imports),
        new("Mish", typeof(MishOp), static () => MishOp.Imports),
        new("Mod", typeof(ModOp), static () => ModOp.Imports),
        new("Mul", typeof(MulOp), static () => MulOp.Imports),
        new("Neg", typeof(NegOp), static () => NegOp.Imports),
        new("NonMaxSuppression", typeof(NonMaxSuppressionOp), static () => NonMaxSuppressionOp.Imports),
        new("NormalizeImage", typeof(NormalizeImageOp), static () => NormalizeImageOp.Imports),
        new("Not", typeof(NotOp), static () => NotOp.Imports),
        new("PRelu", typeof(PReluOp), static () => PReluOp.Imports),
        new("Pad", typeof(PadOp), static () => PadOp.Imports),
        new("PositionRoiPool", typeof(PositionRoiPoolOp), static () => PositionRoiPoolOp.Imports),
        new("Pow", typeof(PowOp), static () => PowOp.Imports),
        new("Quantize", typeof(QuantizeOp), static () => QuantizeOp.Imports),
        new("Reciprocal", typeof(ReciprocalOp), static () => ReciprocalOp.Imports),
        new("Reduce", typeof(ReduceOp), static () => ReduceOp.Imports),
        new("Requantize", typeof(RequantizeOp), static () => RequantizeOp.Imports),
        new("Reshape", typeof(ReshapeOp), static () => ReshapeOp.Imports),
        new("ResizeBilinear", typeof(ResizeBilinearOp), static () => []),
        new("ResizeNearest", typeof(ResizeNearestOp), static () => []),
        new("ResizeSeparable", typeof(ResizeSeparableOp), static () => ResizeSeparableOp.Imports),
        new("RmsNormalization", typeof(RmsNormalizationOp), static () => RmsNormalizationOp.Imports),
        new("Rnn", typeof(RnnOp), static () => RnnOp.Imports),
        new("RoiAlign", typeof(RoiAlignOp), static () => RoiAlignOp.Imports),
        new("Round", typeof(RoundOp), static () => RoundOp.Imports),
        new("Rsqrt", typeof(RsqrtOp), static () => RsqrtOp.Imports),
        new("Scatter", typeof(ScatterOp), static () => ScatterOp.Imports),
        new("Shrink", typeof(ShrinkOp), static () => ShrinkOp.Imports),
        new("Sigmoid", typeof(SigmoidOp), static () => SigmoidOp.Imports),
        new("Sign", typeof(SignOp), static () => SignOp.Imports),
        new("Silu", typeof(SiluOp), static () => SiluOp.Imports),
        new("Sin", typeof(SinOp), static () => SinOp.Imports),
        new("Sinh", typeof(SinhOp), static () => SinhOp.Imports),
        new("Slice", typeof(SliceOp), static () => SliceOp.Imports),
        new("Softmax", typeof(SoftmaxOp), static () => SoftmaxOp.Imports),
        new("Softplus", typeof(SoftplusOp), static () => SoftplusOp.Imports),
        new("Softsign", typeof(SoftsignOp), static () => SoftsignOp.Imports),
        new("SpaceToBatch", typeof(SpaceToBatchOp), static () => SpaceToBatchOp.Imports),
        new("Sqrt", typeof(SqrtOp), static () => SqrtOp.Imports),
        new("SsdDetection", typeof(SsdDetectionOp), static () => SsdDetectionOp.Imports),
        new("Sub", typeof(SubOp), static () => SubOp.Imports),
        new("Tan", typeof(TanOp), static () => TanOp.Imports),
        new("Tanh", typeof(TanhOp), static () => TanhOp.Imports),
        new("ThresholdedRelu", typeof(ThresholdedReluOp), static () => ThresholdedReluOp.Imports),
        new("TopK", typeof(TopKOp), static () => TopKOp.Imports),
        new("Transpose", typeof(TransposeOp), static () => TransposeOp.Imports),
        new("TransposedConv2D", typeof(TransposedConv2DOp), static () => TransposedConv2DOp.Imports),
        new("Where", typeof(WhereOp), static () => WhereOp.Imports),
    ];

    /// <summary>Operators of frameworks that become none, one of several, or several of ours.</summary>
    private static ImmutableArray<ImportRule> Rewrites =>
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

    /// <summary>Made at the first import, so that who loads a model does not wait for the rules of all frameworks.</summary>
    private static readonly Lazy<Dictionary<(Framework, string), ImportRule>> Rules =
        new(static () => Sorted.SelectMany(e => e.Imports).Concat(Rewrites).ToDictionary(r => (r.Framework, r.OpType)));

    public static ImmutableArray<OpEntry> Entries => Sorted;

    /// <summary>The record type of an operator name, or null.</summary>
    public static Type? TypeOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        foreach (OpEntry entry in Sorted)
        {
            if (entry.Name == name)
            {
                return entry.Type;
            }
        }

        return null;
    }

    /// <summary>The names of a framework's operators that have a rule, sorted.</summary>
    public static IEnumerable<string> OperatorsOf(Framework framework) =>
        Rules.Value.Keys.Where(k => k.Item1 == framework).Select(k => k.Item2).Order(StringComparer.Ordinal);

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
        return Rules.Value.GetValueOrDefault((framework, node.Domain.Length == 0 ? node.OpType : node.Domain + "." + node.OpType));
    }
}
