using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Files;

/// <summary>Rounds real numbers to the values that integers can stand for: QuantizeLinear, then DequantizeLinear, of ONNX.</summary>
/// <param name="Type">UINT8 or INT16.</param>
internal sealed record QuantizationPairOp(DataType Type, float Scale, int ZeroPoint) : IpuOperator
{
    public override string Name => "QuantizationPair";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs) => [new TensorType(inputs[0]!.Type, inputs[0]!.Shape)];

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        string[] inputs = emitter.Elementwise(node, out string output);
        string scale = emitter.Constant(Tensor.Scalar(Scale), "scale");
        string zero = emitter.Constant(Type == DataType.UInt8 ? Tensor.Scalar((byte)ZeroPoint) : Tensor.Scalar((short)ZeroPoint), "zero");
        string integers = emitter.Add("QuantizeLinear", [inputs[0], scale, zero], output + "/integers");
        emitter.Add("DequantizeLinear", [integers, scale, zero], [output]);
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.General();

    public override FixedKernel PrepareFixed(FixedBinding binding) => throw binding.NotSupported("a quantization pair is a thing of ONNX files");

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);
}
