using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// A copy of the first input with updates (the third) at places that indices (the second) say: single elements along one dimension, as
/// ONNX ScatterElements, or slices by tuples of indices, as ONNX ScatterND.
/// </summary>
/// <param name="Axis">The dimension of single elements; −1 for tuples.</param>
public sealed partial record ScatterOp(int Axis = -1, ScatterReduction Reduction = ScatterReduction.None) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Scatter", LiftElements),
        ImportRule.Onnx("ScatterElements", LiftElements),
        ImportRule.Onnx("ScatterND", static c => c.AddOutput(0, new ScatterOp(-1, ReductionOf(c)), c.Input(0), c.Input(1), c.Input(2))),
        ImportRule.TensorFlow("ScatterNd", LiftZeros),
        ImportRule.TensorFlow("TensorScatterUpdate", static c => c.AddOutput(0, new ScatterOp(), c.Input(0), c.Input(1), c.Input(2))),
        ImportRule.TfLite("SCATTER_ND", LiftZeros),
    ];

    public override string Name => "Scatter";

    public override ImmutableArray<Constraint> Constraints => [];

    private bool Mixes => Reduction is ScatterReduction.Add or ScatterReduction.Mul;

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        TensorSpec x = inputs[0]!;
        TensorSpec indices = inputs[1]!;
        TensorSpec updates = inputs[2]!;
        bool fits = Indices.IsIndex(indices.Type) && x.Type == updates.Type && (Axis >= 0 ? FitElements(x.Shape, indices.Shape, updates.Shape) : FitTuples(x.Shape, indices.Shape, updates.Shape));
        return fits ? [new TensorType(x.Type, x.Shape)] : throw Mismatch($"updates {updates} cannot be put into {x} by {indices}");
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        string indices = emitter.Native(node.Inputs[1]);
        indices = emitter.Spec(node.Inputs[1]).Type == DataType.Int64 ? indices : emitter.Add("Cast", [indices], "indices", ("to", 7L));
        string[] inputs = [emitter.Native(node.Inputs[0]), indices, emitter.Native(node.Inputs[2])];
        string output = emitter.DefineNative(node.Outputs[0]);
        string reduction = Reduction.ToString().ToLowerInvariant();
        if (Axis >= 0)
        {
            emitter.Add("ScatterElements", inputs, [output], ("axis", (long)Axis), ("reduction", reduction));
        }
        else
        {
            emitter.Add("ScatterND", inputs, [output], ("reduction", reduction));
        }
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return !inputs[0]!.Type.IsFloat() ? QuantRule.Index() : new QuantRule(Mixes ? QuantClass.General : QuantClass.Preserving) { Activations = [0, 2] };
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    private bool FitElements(Shape x, Shape indices, Shape updates) =>
        Axis < x.Rank && indices == updates && indices.Rank == x.Rank && Enumerable.Range(0, x.Rank).All(d => d == Axis || indices[d] <= x[d]);

    private static bool FitTuples(Shape x, Shape indices, Shape updates) =>
        indices.Rank > 0 && indices[-1] <= x.Rank && updates == new Shape([.. indices.SkipLast(1), .. x.Skip(indices[-1])]);

    private static ScatterReduction ReductionOf(LiftContext c) => Enum.TryParse(c.Node.String("reduction", "none"), ignoreCase: true, out ScatterReduction reduction)
        ? reduction
        : throw c.Error("ScatterReduction", $"reduction '{c.Node.String("reduction", "")}' is not defined; none, add, mul, max and min are");

    private static void LiftElements(LiftContext c) =>
        c.AddOutput(0, new ScatterOp(c.Spec(0).Shape.Axis((int)c.Node.Int("axis", 0)), ReductionOf(c)), c.Input(0), c.Input(1), c.Input(2));

    /// <summary>TensorFlow's form: updates are summed into zeros. Inputs are indices, updates and the shape.</summary>
    private static void LiftZeros(LiftContext c)
    {
        var zeros = new Tensor(c.Spec(1).Type, new Shape(c.RequireConstant(2, "shape").ToInts()));
        c.AddOutput(0, new ScatterOp(-1, ScatterReduction.Add), c.AddConstant(zeros, "zeros"), c.Input(0), c.Input(1));
    }
}
