using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>A copy of the input.</summary>
public sealed record IdentityOp : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Identity", static c => c.AddOutput(0, new IdentityOp(), c.Input(0))),
        ImportRule.Onnx("Dropout", static c =>
        {
            c.AddOutput(0, new IdentityOp(), c.Input(0));
            if (c.HasOutput(1))
            {
                // Outside of training everything is kept.
                var kept = new Tensor(DataType.Bool, c.Spec(0).Shape);
                kept.Bytes.Fill(1);
                c.BindConstant(1, kept);
            }
        }),
    ];

    public override string Name => "Identity";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs) => [new TensorType(inputs[0]!.Type, inputs[0]!.Shape)];

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        string[] inputs = emitter.Elementwise(node, out string output);
        emitter.Add("Identity", inputs, [output]);
    }

    public override int? ChannelOf(int input, IReadOnlyList<TensorSpec?> inputs, TensorSpec output) => 0;

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Preserving();

    public override FixedKernel PrepareFixed(FixedBinding binding) => CopyKernel.Whole;

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    public override IEnumerable<MemoryView> Views(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => [new MemoryView(0, 0, 0)];

    public override IpuOperator Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs) => this;
}
