using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Picks single elements: the index replaces the element's own position along one dimension.</summary>
/// <param name="Axis">The dimension, from 0 on.</param>
public sealed record GatherElementsOp(int Axis) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("GatherElements", static c => c.AddOutput(0, new GatherElementsOp(c.Spec(0).Shape.Axis((int)c.Node.Int("axis", 0))), c.Input(0), c.Input(1))),
    ];

    public override string Name => "GatherElements";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        TensorSpec x = inputs[0]!;
        TensorSpec indices = inputs[1]!;
        bool fits = Axis >= 0 && Axis < x.Shape.Rank && indices.Shape.Rank == x.Shape.Rank && Indices.IsIndex(indices.Type)
            && Enumerable.Range(0, x.Shape.Rank).All(d => d == Axis || indices.Shape[d] <= x.Shape[d]);
        return fits ? [new TensorType(x.Type, indices.Shape)] : throw Mismatch($"elements of {x} cannot be picked along dimension {Axis} by {indices}");
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        emitter.Add("GatherElements", [emitter.Native(node.Inputs[0]), Indices.Emit(emitter, node.Inputs[1])], [emitter.DefineNative(node.Outputs[0])], ("axis", (long)Axis));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Preserving();

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        Shape x = binding.Input(0).Shape;
        Shape shape = binding.Output.Shape;
        DataType type = binding.Input(1).Type;
        int width = binding.Output.Type.Bits() / 8;
        int[] strides = x.Strides();
        string name = binding.NodeName;
        return new DelegateKernel((in FixedArguments a) =>
        {
            ReadOnlySpan<byte> data = a.Input(0);
            ReadOnlySpan<byte> indices = a.Input(1);
            Span<byte> y = a.Output(0);
            Span<int> at = stackalloc int[Math.Max(1, shape.Rank)];
            at.Clear();
            for (int o = 0; o * width < y.Length; o++)
            {
                int from = 0;
                for (int d = 0; d < shape.Rank; d++)
                {
                    from += (d == Axis ? Indices.Read(indices, type, o, x[d], name) : at[d]) * strides[d];
                }

                data.Slice(from * width, width).CopyTo(y[(o * width)..]);
                for (int d = shape.Rank - 1; d >= 0 && ++at[d] == shape[d]; d--)
                {
                    at[d] = 0;
                }
            }
        });
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);
}
