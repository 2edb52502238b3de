using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Normalization;

namespace SgsIpu.Ops;

/// <summary>
/// x / (Bias + Alpha / Size · Σ x²)^Beta over an NHWC image, the sum over ⌊(Size − 1) / 2⌋ channels before and ⌈(Size − 1) / 2⌉ after.
/// </summary>
public sealed record LocalResponseNormalizationOp(int Size, float Alpha, float Beta, float Bias) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("LRN", Lift),
        ImportRule.TensorFlow("LRN", static c => c.AddOutput(0, OfRadius(c, c.Node.Int("depth_radius", 5), 1, 1, 0.5f), c.Input(0))),
        ImportRule.TfLite("LOCAL_RESPONSE_NORMALIZATION", static c => c.AddOutput(0, OfRadius(c, c.Node.Int("radius", 0), 0, 0, 0), c.Input(0))),
    ];

    public override string Name => "LocalResponseNormalization";

    public override ImmutableArray<Constraint> Constraints => [ConvolutionConstraints.TensorSize];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        TensorSpec x = inputs[0]!;
        return x.Shape.Rank == 4 && Size > 0
            ? [new TensorType(x.Type, x.Shape)]
            : throw Mismatch($"an image of rank 4 is normalized over at least one channel, found {x} and {Size}");
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        if (Size % 2 == 0)
        {
            EmitEven(emitter, node);
            return;
        }

        emitter.Add(
            "LRN",
            [emitter.ChannelsFirst(node.Inputs[0])],
            [emitter.DefineChannelsFirst(node.Outputs[0])],
            ("size", (long)Size),
            ("alpha", Alpha),
            ("beta", Beta),
            ("bias", Bias));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.General();

    public override ImmutableArray<Tensor> BuildTables(FixedBinding binding)
    {
        double scale = FixedOperand.OfInput(binding, 0).Scale;
        return [LocalResponseKernel.BuildTable(s => Factor(s * scale * scale), Unit(binding))];
    }

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        FixedOperand x = FixedOperand.OfInput(binding, 0);
        FixedOperand y = FixedOperand.OfOutput(binding);
        if (Bias <= 0 || Alpha < 0)
        {
            throw binding.NotSupported(FormattableString.Invariant($"the bias is positive and alpha not negative in fixed point, found {Bias} and {Alpha}"));
        }

        Tensor table = binding.OptionalInput(1)?.Constant ?? throw binding.NotSupported("the table is missing");
        var kernel = new LocalResponseKernel((Size - 1) / 2, Size / 2, x.Shape[3], x.Type, x.Zero, y.Type, y.Range, x.Scale * Unit(binding) / y.Scale, table);
        return new DelegateKernel((in FixedArguments a) => kernel.Run(a.Input(0), a.Output(0)));
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    /// <summary>Runtimes take odd sizes only: the sum over neighbours as a convolution of 1×1 with a band of ones.</summary>
    private void EmitEven(OnnxEmitter emitter, Node node)
    {
        int channels = emitter.Spec(node.Inputs[0]).Shape[3];
        var band = new float[channels * channels];
        for (int c = 0; c < channels; c++)
        {
            for (int d = Math.Max(0, c - ((Size - 1) / 2)); d <= Math.Min(channels - 1, c + (Size / 2)); d++)
            {
                band[(c * channels) + d] = Alpha / Size;
            }
        }

        string x = emitter.ChannelsFirst(node.Inputs[0]);
        string y = emitter.DefineChannelsFirst(node.Outputs[0]);
        string sum = emitter.Add(
            "Conv",
            [emitter.Add("Mul", [x, x], y + "/square"), emitter.Constant(Tensor.FromArray<float>(band, channels, channels, 1, 1), "band")],
            y + "/sum");
        string raised = emitter.Add("Add", [sum, emitter.Constant(Tensor.Scalar(Bias), "bias")], y + "/raised");
        string factor = emitter.Add("Pow", [raised, emitter.Constant(Tensor.Scalar(-Beta), "beta")], y + "/factor");
        emitter.Add("Mul", [x, factor], [y]);
    }

    /// <summary>TensorFlow multiplies the sum by α where ONNX multiplies the mean.</summary>
    private static LocalResponseNormalizationOp OfRadius(LiftContext c, long radius, float bias, float alpha, float beta)
    {
        if (radius is < 0 or > 1 << 16)
        {
            throw c.Error("UnsupportedAttribute", $"the radius is {radius}; 0 to {1 << 16} are possible");
        }

        int size = (2 * (int)radius) + 1;
        return new LocalResponseNormalizationOp(size, c.Node.Float("alpha", alpha) * size, c.Node.Float("beta", beta), c.Node.Float("bias", bias));
    }

    private static void Lift(LiftContext c)
    {
        long size = c.Node.Int("size", 0);
        Shape x = c.Spec(0).Shape;
        if (size is < 1 or > 1 << 20 || x.Rank is < 3 or > 5)
        {
            throw c.Error("OnnxAttribute", $"images of rank 3 to 5 are normalized over at least one channel, found {c.Spec(0)} and {size}");
        }

        SpatialLayout.Over(c, SpatialLayout.ToImage(c, c.Input(0)), new LocalResponseNormalizationOp(
            (int)size, c.Node.Float("alpha", 1e-4f), c.Node.Float("beta", 0.75f), c.Node.Float("bias", 1)));
    }

    /// <summary>The factor for a sum of squares.</summary>
    private double Factor(double sum) => Math.Pow(Bias + (Alpha / (double)Size * sum), -Beta);

    /// <summary>
    /// The unit of the table: the largest factor, which is that of no sum, or of the largest one where it grows, up to a power of two. The
    /// last bit of a power differs between machines, and this one is taken on each.
    /// </summary>
    private double Unit(FixedBinding binding)
    {
        double input = FixedOperand.OfInput(binding, 0).Scale * 32768;
        double largest = Math.Max(Factor(0), Factor(Size * input * input));
        double unit = Math.ScaleB(1, Math.ILogB(largest));
        return unit < largest ? unit * 2 : unit;
    }
}
