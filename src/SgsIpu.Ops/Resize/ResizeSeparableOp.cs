using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>
/// Any resize of any dimensions that is not a nearest neighbour: along each dimension every output element is a sum of a few input
/// elements with constant weights. Linear and cubic interpolation, with antialiasing or not, with all of ONNX's coordinates.
/// </summary>
/// <param name="Outside">The value of what lies outside of the image, for <see cref="ResizeCoordinates.TfCropAndResize"/>.</param>
public sealed record ResizeSeparableOp(ImmutableArray<ResizeAxis> Axes, ResizeCoordinates Coordinates, ResizeFilter Filter, float Outside = 0) : IpuOperator
{
    private const int WeightBits = ResizeAxisKernel.WeightBits;

    /// <summary>None: <see cref="ResizeImport"/> makes it.</summary>
    public static ImmutableArray<ImportRule> Imports => [];

    public override string Name => "ResizeSeparable";

    public override ImmutableArray<Constraint> Constraints => [ConvolutionConstraints.TensorSize];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        TensorSpec x = inputs[0]!;
        int[] sizes = x.Shape.ToArray();
        foreach (ResizeAxis axis in Axes)
        {
            if (axis.Axis < 0 || axis.Axis >= sizes.Length || axis.Size < 1 || sizes[axis.Axis] < 1 || !(axis.Scale > 0) || !double.IsFinite(axis.Scale))
            {
                throw Mismatch($"dimension {axis.Axis} of {x} cannot be resized to {axis.Size} by {axis.Scale}");
            }

            sizes[axis.Axis] = axis.Size;
        }

        return [new TensorType(x.Type, new Shape(sizes))];
    }

    /// <summary>Emitted as products with matrices of weights, since runtimes differ in the forms of ONNX's own operator.</summary>
    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        Shape shape = emitter.Spec(node.Inputs[0]).Shape;
        string output = emitter.DefineNative(node.Outputs[0]);
        string value = emitter.Native(node.Inputs[0]);
        foreach (ResizeAxis axis in Axes)
        {
            int size = shape[axis.Axis];
            var matrix = new float[axis.Size * size];
            for (int o = 0; o < axis.Size; o++)
            {
                foreach ((int index, double weight) in Row(axis, o, size))
                {
                    matrix[(o * size) + index] = (float)weight;
                }
            }

            (int outer, int inner) = Around(shape, axis.Axis);
            string flat = emitter.Add("Reshape", [value, emitter.Constant([outer, size, inner], "shape")], output + "/flat");
            string product = emitter.Add("MatMul", [emitter.Constant(Tensor.FromArray<float>(matrix, axis.Size, size), "weights"), flat], output + "/product");
            shape = shape.With(axis.Axis, axis.Size);
            value = emitter.Add("Reshape", [product, emitter.Constant(OnnxEmitter.Longs(shape), "shape")], output + "/part");
        }

        if (Outside != 0 && Coordinates == ResizeCoordinates.TfCropAndResize)
        {
            value = emitter.Add("Add", [value, emitter.Constant(OutsideValues(emitter.Spec(node.Inputs[0]).Shape), "outside")], output + "/inside");
        }

        emitter.Add("Identity", [value], [output]);
    }

    /// <summary>Linear weights stay between their elements; cubic ones go beyond, and so does a value for what is outside.</summary>
    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => Filter is { Cubic: true } || Outside != 0 ? QuantRule.General() : QuantRule.Preserving();

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        FixedOperand x = FixedOperand.OfInput(binding, 0);
        FixedOperand y = FixedOperand.OfOutput(binding);
        Shape shape = x.Shape;
        var steps = new List<ResizeAxisKernel>();
        long largest = shape.Count;
        foreach (ResizeAxis axis in Axes)
        {
            int size = shape[axis.Axis];
            (int outer, int inner) = Around(shape, axis.Axis);
            (int, int)[][] rows = [.. Enumerable.Range(0, axis.Size).Select(o => Integers(Row(axis, o, size)))];
            steps.Add(new ResizeAxisKernel(outer, size, inner, rows));
            shape = shape.With(axis.Axis, axis.Size);
            largest = Math.Max(largest, shape.Count);
        }

        short[] outside = Outside == 0 ? [] : [.. OutsideValues(x.Shape).ToFloats().Select(v => (short)Math.Clamp(Math.Round(v / y.Scale, MidpointRounding.ToEven), -short.MaxValue, short.MaxValue))];
        Tensor mask = OutsideValues(x.Shape);
        var kernel = new ResizeSeparableKernel([.. steps], x.Type, x.Zero, y.Type, y.Range, Requantizer.FromScale(x.Scale / y.Scale / (1 << ResizeSeparableKernel.SpareBits)), checked((int)largest))
        {
            Outside = outside,
            Plan = new Kernels.Elementwise.BroadcastPlan(shape, mask.Shape),
        };
        return new DelegateKernel(
            (in FixedArguments a) => kernel.Run(a.Input(0), a.Output(0), MemoryMarshal.Cast<byte, int>(a.Workspace)),
            checked(2 * (int)largest * sizeof(int)));
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        return OperatorCost.Of(inputs, outputs, outputs[0].Shape.Count * Axes.Length * (Filter.Cubic ? 4 : 2));
    }

    public override IpuOperator Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs) =>
        this with { Axes = [.. Axes.Select(a => a with { Axis = permutation[a.Axis] })] };

    public bool Equals(ResizeSeparableOp? other) =>
        other is not null && Axes.SequenceEqual(other.Axes) && Coordinates == other.Coordinates && Filter == other.Filter && Outside.Equals(other.Outside);

    public override int GetHashCode() => HashCode.Combine(Axes.Length, Coordinates, Filter, Outside);

    private static (int Outer, int Inner) Around(Shape shape, int axis) =>
        (checked((int)new Shape(shape.AsSpan()[..axis]).Count), checked((int)new Shape(shape.AsSpan()[(axis + 1)..]).Count));

    /// <summary>The weights of an output element; none where it lies outside.</summary>
    private (int Index, double Weight)[] Row(ResizeAxis axis, int position, int size) =>
        axis.IsOutside(Coordinates, position, size) ? [] : Filter.Taps(axis, Coordinates, position, size);

    /// <summary>Weights as integers whose sum is exactly 1; the largest takes what rounding leaves.</summary>
    private static (int Index, int Weight)[] Integers((int Index, double Weight)[] row)
    {
        (int Index, int Weight)[] integers = [.. row.Select(t => (t.Index, (int)Math.Floor((t.Weight * (1 << WeightBits)) + 0.5)))];
        if (integers.Length > 0)
        {
            int largest = Array.IndexOf(integers, integers.MaxBy(t => t.Weight));
            integers[largest].Weight += (1 << WeightBits) - integers.Sum(t => t.Weight);
        }

        return integers;
    }

    /// <summary>The outside value where an output element lies outside along any dimension, else 0; size 1 along the others.</summary>
    private Tensor OutsideValues(Shape input)
    {
        var result = new Tensor(DataType.Float32, new Shape([.. Enumerable.Range(0, input.Rank).Select(d => Axes.FirstOrDefault(a => a.Axis == d)?.Size ?? 1)]));
        Span<float> values = result.As<float>();
        int[] strides = result.Shape.Strides();
        for (int i = 0; i < values.Length; i++)
        {
            foreach (ResizeAxis axis in Axes)
            {
                if (axis.IsOutside(Coordinates, i / strides[axis.Axis] % axis.Size, input[axis.Axis]))
                {
                    values[i] = Outside;
                }
            }
        }

        return result;
    }
}
