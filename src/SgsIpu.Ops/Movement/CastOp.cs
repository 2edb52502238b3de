using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Converts the element type, as ONNX Cast does.</summary>
public sealed record CastOp(DataType To) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Cast", static c => c.AddOutput(0, new CastOp(FromOnnx(c)), c.Input(0))),
    ];

    public override string Name => "Cast";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs) => [new TensorType(To, inputs[0]!.Shape)];

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        string[] inputs = emitter.Elementwise(node, out string output);
        emitter.Add("Cast", inputs, [output], ("to", ToOnnx(To)));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) =>
        inputs[0]!.Type == DataType.Float32 && To == DataType.Float32 ? QuantRule.Preserving() : QuantRule.Index();

    public override FixedKernel PrepareFixed(FixedBinding binding) =>
        binding.Input(0).Type == binding.Output.Type ? CopyKernel.Whole : throw binding.NotSupported($"integers cannot be cast from {binding.Input(0).Type} to {binding.Output.Type}");

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    public override IpuOperator Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs) => this;

    /// <summary>TensorProto.DataType of ONNX.</summary>
    private static long ToOnnx(DataType type) => type switch
    {
        DataType.Float32 => 1,
        DataType.UInt8 => 2,
        DataType.Int8 => 3,
        DataType.UInt16 => 4,
        DataType.Int16 => 5,
        DataType.Int32 => 6,
        DataType.Int64 => 7,
        DataType.Bool => 9,
        DataType.Float16 => 10,
        DataType.Float64 => 11,
        _ => throw new IpuException("CastType", $"ONNX has no cast to {type}", IpuErrorKind.NotSupported),
    };

    private static DataType FromOnnx(LiftContext c)
    {
        long to = c.Node.Int("to", 0);
        DataType[] known = [DataType.Float32, DataType.UInt8, DataType.Int8, DataType.UInt16, DataType.Int16, DataType.Int32, DataType.Int64, DataType.Bool, DataType.Float16, DataType.Float64];
        DataType type = known.FirstOrDefault(t => ToOnnx(t) == to, (DataType)(-1));
        return type switch
        {
            (DataType)(-1) => throw c.Error("CastType", $"a cast to element type {to} is not supported", IpuErrorKind.NotSupported),
            // The IR computes with one kind of real number.
            DataType.Float16 or DataType.Float64 => DataType.Float32,
            _ => type,
        };
    }
}
