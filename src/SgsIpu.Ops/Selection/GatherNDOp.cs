using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Picks slices by tuples of indices, the last dimension of the second input; the first dimensions may be a batch common to both.</summary>
/// <param name="BatchDims">How many leading dimensions are the batch.</param>
public sealed record GatherNDOp(int BatchDims = 0) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("GatherND", static c => c.AddOutput(0, new GatherNDOp((int)c.Node.Int("batch_dims", 0)), c.Input(0), c.Input(1))),
        ImportRule.TensorFlow("GatherNd", static c => c.AddOutput(0, new GatherNDOp(), c.Input(0), c.Input(1))),
        ImportRule.TfLite("GATHER_ND", static c => c.AddOutput(0, new GatherNDOp(), c.Input(0), c.Input(1))),
    ];

    public override string Name => "GatherND";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        TensorSpec x = inputs[0]!;
        TensorSpec indices = inputs[1]!;
        int depth = indices.Shape.Rank > 0 ? indices.Shape[-1] : 0;
        bool fits = Indices.IsIndex(indices.Type) && BatchDims >= 0 && BatchDims < indices.Shape.Rank && depth > 0 && BatchDims + depth <= x.Shape.Rank
            && x.Shape.Take(BatchDims).SequenceEqual(indices.Shape.Take(BatchDims));
        return fits
            ? [new TensorType(x.Type, new Shape([.. indices.Shape.SkipLast(1), .. x.Shape.Skip(BatchDims + depth)]))]
            : throw Mismatch($"slices of {x} cannot be picked by {indices} with {BatchDims} batch dimensions");
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);

        // ONNX Runtime takes INT64 tuples only.
        string indices = emitter.Native(node.Inputs[1]);
        indices = emitter.Spec(node.Inputs[1]).Type == DataType.Int64 ? indices : emitter.Add("Cast", [indices], "indices", ("to", 7L));
        emitter.Add("GatherND", [emitter.Native(node.Inputs[0]), indices], [emitter.DefineNative(node.Outputs[0])], ("batch_dims", (long)BatchDims));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Preserving();

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        Shape x = binding.Input(0).Shape;
        TensorSpec indices = binding.Input(1);
        int depth = indices.Shape[-1];
        int batches = (int)new Shape(x.AsSpan()[..BatchDims]).Count;
        int perBatch = (int)indices.Shape.Count / depth / Math.Max(1, batches);
        int run = (int)new Shape(x.AsSpan()[(BatchDims + depth)..]).Count * (binding.Output.Type.Bits() / 8);
        int[] sizes = [.. x.Skip(BatchDims).Take(depth)];
        DataType type = indices.Type;
        string name = binding.NodeName;
        return new DelegateKernel((in FixedArguments a) =>
        {
            ReadOnlySpan<byte> data = a.Input(0);
            ReadOnlySpan<byte> tuples = a.Input(1);
            Span<byte> y = a.Output(0);
            for (int t = 0; t < batches * perBatch; t++)
            {
                int from = t / perBatch;
                for (int d = 0; d < sizes.Length; d++)
                {
                    from = (from * sizes[d]) + Indices.Read(tuples, type, (t * depth) + d, sizes[d], name);
                }

                data.Slice(from * run, run).CopyTo(y[(t * run)..]);
            }
        });
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);
}
