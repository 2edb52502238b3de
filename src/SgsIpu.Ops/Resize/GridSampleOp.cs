using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>
/// Samples an image [N, H, W, C] at the places of a grid [N, OH, OW, 2], whose (−1, −1) is the upper left end and (1, 1) the lower right:
/// of the corner pixels' centres with <paramref name="AlignCorners"/>, else of the corner pixels themselves.
/// </summary>
public sealed record GridSampleOp(GridSampling Sampling = GridSampling.Linear, GridPadding Padding = GridPadding.Zeros, bool AlignCorners = false) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Onnx("GridSample", Lift)];

    public override string Name => "GridSample";

    public override ImmutableArray<Constraint> Constraints => [ConvolutionConstraints.TensorSize];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Count < 2 || inputs[0] is not { Shape.Rank: 4 } x || inputs[1] is not { Shape.Rank: 4 } grid || grid.Shape[0] != x.Shape[0] || grid.Shape[3] != 2 || x.Shape.Count == 0)
        {
            throw Mismatch($"an image [N, H, W, C] is sampled at a grid [N, height, width, 2], found {(inputs.Count > 0 ? inputs[0] : null)} and {(inputs.Count > 1 ? inputs[1] : null)}");
        }

        return [new TensorType(x.Type, new Shape(x.Shape[0], grid.Shape[1], grid.Shape[2], x.Shape[3]))];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        emitter.Add(
            "GridSample",
            [emitter.ChannelsFirst(node.Inputs[0]), emitter.Native(node.Inputs[1])],
            [emitter.DefineChannelsFirst(node.Outputs[0])],
            ("mode", Sampling.ToString().ToLowerInvariant()),
            ("padding_mode", Padding.ToString().ToLowerInvariant()),
            ("align_corners", AlignCorners ? 1L : 0L));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.General(2);

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        FixedOperand x = FixedOperand.OfInput(binding, 0);
        FixedOperand y = FixedOperand.OfOutput(binding);
        TensorSpec grid = binding.Input(1);
        if (grid.Type != DataType.Int16)
        {
            throw binding.NotSupported($"the grid '{grid.Name}' is {grid.Type}; it is Int16");
        }

        Shape s = x.Shape;
        var kernel = new GridSampleKernel(
            (s[0], s[1], s[2], s[3]), (grid.Shape[1], grid.Shape[2]), FixedBinding.Scale(grid), Sampling, Padding, AlignCorners, x.Type, x.Zero, y.Type, y.Range, x.Scale / y.Scale);
        return new DelegateKernel(
            (in FixedArguments a) => kernel.Run(a.Input(0), a.Input<short>(1), a.Output(0), MemoryMarshal.Cast<byte, long>(a.Workspace)),
            kernel.WorkspaceElements * sizeof(long));
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        return OperatorCost.Of(inputs, outputs, outputs[0].Shape.Count * Sampling switch { GridSampling.Nearest => 0, GridSampling.Linear => 4, _ => 16 });
    }

    private static void Lift(LiftContext c)
    {
        if (c.Spec(0).Shape.Rank != 4)
        {
            throw c.Error("GridRank", $"images are sampled (rank 4), found {c.Spec(0)}", IpuErrorKind.NotSupported);
        }

        GridSampling sampling = c.Node.String("mode", "linear") switch
        {
            "linear" or "bilinear" => GridSampling.Linear,
            "nearest" => GridSampling.Nearest,
            "cubic" or "bicubic" => GridSampling.Cubic,
            var other => throw c.Error("OnnxAttribute", $"'mode' is linear, nearest or cubic, found {other}"),
        };
        GridPadding padding = c.Node.String("padding_mode", "zeros") switch
        {
            "zeros" => GridPadding.Zeros,
            "border" => GridPadding.Border,
            "reflection" => GridPadding.Reflection,
            var other => throw c.Error("OnnxAttribute", $"'padding_mode' is zeros, border or reflection, found {other}"),
        };
        c.AddImageOutput(new GridSampleOp(sampling, padding, c.Node.Int("align_corners", 0) != 0), c.Input(0), c.Input(1));
    }
}
