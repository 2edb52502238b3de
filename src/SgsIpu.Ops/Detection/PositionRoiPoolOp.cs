using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>
/// The mean of each bin of a region, where every bin reads channels of its own: bin (i, j) of output channel c reads channel
/// (c·G + i)·G + j. Source: Dai et al., "R-FCN", and its PSROIPooling layer.
/// </summary>
/// <param name="OutputDim">Channels of the output.</param>
/// <param name="GroupSize">G, bins along each side of a region.</param>
public sealed record PositionRoiPoolOp(int OutputDim, int GroupSize, float SpatialScale) : RoiPoolingOp(GroupSize, GroupSize, SpatialScale)
{
    /// <summary>Bits of the part below one pixel.</summary>
    private const int Fraction = 16;

    /// <summary>Bits that a mean keeps below one step of the input until it is requantized.</summary>
    private const int Guard = 8;

    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Caffe("PSROIPooling", static c =>
        {
            int group = c.Size("group_size", 0);
            Lift(c, new PositionRoiPoolOp(c.Size("output_dim", 0), group, c.Node.Float("spatial_scale", 1)));
        }),
    ];

    public override string Name => "PositionRoiPool";

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        TensorType[] types = base.InferOutputs(inputs);
        Shape x = inputs[0]!.Shape;
        return x[0] == 1 && (long)OutputDim * GroupSize * GroupSize == x[3]
            ? types
            : throw Mismatch($"{OutputDim} outputs in {GroupSize}×{GroupSize} bins take one image of {(long)OutputDim * GroupSize * GroupSize} channels, found {inputs[0]}");
    }

    /// <summary>Σ over rows and columns with masks of 0 and 1, divided by the pixels in the bin.</summary>
    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        Shape x = emitter.Spec(node.Inputs[0]).Shape;
        string name = node.Name;
        string rows = Mask(2, x[1], out string height);
        string columns = Mask(1, x[2], out string width);
        string parts = Add("Reshape", emitter.ChannelsFirst(node.Inputs[0]), Longs(OutputDim, GroupSize, GroupSize, x[1], x[2]));
        string sum = emitter.Add("Einsum", [rows, columns, parts], name + "/sum", ("equation", "rph,rqw,cpqhw->rcpq"));
        string area = Add("Mul", Add("Unsqueeze", height, Longs(1, 3)), Add("Unsqueeze", width, Longs(1, 2)));
        emitter.Add("Div", [sum, Add("Max", area, Float(1))], [emitter.DefineChannelsFirst(node.Outputs[0])]);

        // [R, G, size]: 1 where a pixel lies in a bin; and the pixels in each bin [R, G].
        string Mask(int corner, int size, out string count)
        {
            string regions = emitter.Native(node.Inputs[1]);
            string first = Corner(corner);
            string start = Add("Mul", first, Float(SpatialScale));
            string end = Add("Mul", Add("Add", Corner(corner + 2), Float(1)), Float(SpatialScale));
            string bin = Add("Div", Add("Max", Add("Sub", end, start), Float(0.1f)), Float(GroupSize));
            string from = Bounded("Floor", 0);
            string to = Bounded("Ceil", 1);
            count = Add("Max", Add("Sub", to, from), Float(0));
            string pixels = emitter.Constant(Tensor.FromArray<float>([.. Enumerable.Range(0, size).Select(i => (float)i)], 1, 1, size), name + "/pixels");
            string inside = Add("And", Add("GreaterOrEqual", pixels, Add("Unsqueeze", from, Longs(2))), Add("Less", pixels, Add("Unsqueeze", to, Longs(2))));
            return emitter.Add("Cast", [inside], name + "/mask", ("to", 1L));

            string Corner(int index) => Add("Floor", Add("Add", Add("Slice", regions, Longs(index), Longs(index + 1), Longs(1)), Float(0.5f)));

            string Bounded(string rounding, int offset)
            {
                string bins = emitter.Constant(Tensor.FromArray<float>([.. Enumerable.Range(offset, GroupSize).Select(i => (float)i)], 1, GroupSize), name + "/bins");
                return Add("Clip", Add(rounding, Add("Add", Add("Mul", bin, bins), start)), emitter.Constant(Tensor.Scalar(0f), name + "/zero"), emitter.Constant(Tensor.Scalar((float)size), name + "/size"));
            }
        }

        string Add(string type, params string[] inputs) => emitter.Add(type, inputs, $"{name}/{type}");

        string Longs(params int[] values) => emitter.Constant(OnnxEmitter.Longs(values), name + "/n");

        string Float(float value) => emitter.Constant(Tensor.FromArray<float>([value], 1), name + "/v");
    }

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        FixedOperand x = Checked(binding, 0);
        FixedOperand rois = Checked(binding, 1);
        FixedOperand y = FixedOperand.OfOutput(binding);
        if (y.Type != DataType.Int16)
        {
            throw binding.NotSupported($"{Name} writes INT16");
        }

        Requantizer units = Requantizer.FromScale(rois.Scale);
        Requantizer output = Requantizer.FromScale(x.Scale / y.Scale / (1 << Guard));
        long scale = (long)Math.Round((double)SpatialScale * (1 << Fraction), MidpointRounding.ToEven);
        Shape image = x.Shape;
        return new DelegateKernel((in FixedArguments a) => Run(a.Input<short>(0), a.Input<short>(1), a.Output<short>(0), image, output, units, scale));
    }

    protected override int OutputChannels(TensorSpec image) => OutputDim;

    private void Run(ReadOnlySpan<short> x, ReadOnlySpan<short> rois, Span<short> y, Shape image, Requantizer output, Requantizer units, long scale)
    {
        int at = 0;
        for (int r = 0; r < rois.Length; r += 5)
        {
            (long left, long width) = Side(rois[r + 1], rois[r + 3], units, scale);
            (long top, long height) = Side(rois[r + 2], rois[r + 4], units, scale);
            for (int i = 0; i < GroupSize; i++)
            {
                (int y0, int y1) = Bin(i, height, top, image[1]);
                for (int j = 0; j < GroupSize; j++)
                {
                    (int x0, int x1) = Bin(j, width, left, image[2]);
                    for (int c = 0; c < OutputDim; c++)
                    {
                        y[at++] = Mean(x, image, (((c * GroupSize) + i) * GroupSize) + j, (y0, y1), (x0, x1), output);
                    }
                }
            }
        }
    }

    private static short Mean(ReadOnlySpan<short> x, Shape image, int channel, (int From, int To) rows, (int From, int To) columns, Requantizer output)
    {
        long area = (long)Math.Max(0, rows.To - rows.From) * Math.Max(0, columns.To - columns.From);
        if (area == 0)
        {
            return 0;
        }

        long sum = 0;
        for (int row = rows.From; row < rows.To; row++)
        {
            for (int column = columns.From; column < columns.To; column++)
            {
                sum += x[(((row * image[2]) + column) * image[3]) + channel];
            }
        }

        long mean = FloorDivide((2 * (sum << Guard)) + area, 2 * area);
        return (short)Math.Clamp(output.Apply(mean), -short.MaxValue, short.MaxValue);
    }

    /// <summary>Start and length of a region along one side, in 2^-16 pixels.</summary>
    private static (long Start, long Size) Side(short first, short last, Requantizer units, long scale)
    {
        long start = units.Apply((int)first) * scale;
        return (start, Math.Max(((units.Apply((int)last) + 1) * scale) - start, (1 << Fraction) / 10));
    }

    private (int From, int To) Bin(int bin, long size, long start, int limit)
    {
        long unit = (long)GroupSize << Fraction;
        long from = FloorDivide((bin * size) + (start * GroupSize), unit);
        long to = -FloorDivide(-(((bin + 1) * size) + (start * GroupSize)), unit);
        return ((int)Math.Clamp(from, 0, limit), (int)Math.Clamp(to, 0, limit));
    }

    private static long FloorDivide(long a, long b) => (a / b) - (a % b < 0 ? 1 : 0);
}
