using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Converts the element type, as ONNX Cast does.</summary>
public sealed partial record CastOp(DataType To) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Cast", static c => c.AddOutput(0, new CastOp(FromOnnx(c, Target(c))), c.Input(0))),
        ImportRule.Onnx("CastLike", static c => c.AddOutput(0, new CastOp(c.Spec(1).Type), c.Input(0))),
    ];

    public override string Name => "Cast";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs) => [new TensorType(To, inputs[0]!.Shape)];

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        string[] inputs = emitter.Elementwise(node, out string output);
        emitter.Add("Cast", inputs, [output], ("to", ToOnnx(To)));
    }

    /// <summary>
    /// A whole number becomes a real one at the scale 1, at which INT16 holds it exactly up to 32767; larger ones saturate.
    /// </summary>
    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        bool from = inputs[0]!.Type.IsFloat();
        bool to = To.IsFloat();
        return from && to ? QuantRule.Preserving()
            : from ? QuantRule.General()
            : to ? QuantRule.General(0) with { OutputRange = (-short.MaxValue, short.MaxValue) }
            : QuantRule.Index();
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    public override IpuOperator Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs) => this;

    /// <summary>TensorProto.DataType of ONNX.</summary>
    internal static long ToOnnx(DataType type) => type switch
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

    /// <summary>The IR's type of an ONNX element type.</summary>
    internal static DataType FromOnnx(LiftContext c, long to)
    {
        DataType[] known = [DataType.Float32, DataType.UInt8, DataType.Int8, DataType.UInt16, DataType.Int16, DataType.Int32, DataType.Int64, DataType.Bool, DataType.Float16, DataType.Float64];

        // Unsigned integers of 32 and 64 bits are INT64 throughout.
        DataType type = to is 12 or 13 ? DataType.Int64 : known.FirstOrDefault(t => ToOnnx(t) == to, (DataType)(-1));
        return type switch
        {
            (DataType)(-1) => throw c.Error("CastType", $"a cast to element type {to} is not supported", IpuErrorKind.NotSupported),

            // The IR computes with one kind of real number.
            DataType.Float16 or DataType.Float64 => DataType.Float32,
            _ => type,
        };
    }

    private static long Target(LiftContext c) => c.Opset < 6
        ? throw c.Error("CastType", "a cast to a type that is given by name (before operator set 6) is not supported", IpuErrorKind.NotSupported)
        : c.Node.Int("to", 0);
}
