using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>Nodes whose attributes and constants are changed at random: they are lifted, or refused with an error of our own.</summary>
public sealed class HostileNodeTests
{
    private const int Mutations = 400;

    private static readonly long[] Extremes = [-1, 0, 1, 2, 3, 7, -3, 100, int.MaxValue, int.MaxValue + 1L, -int.MaxValue, 1L << 40, long.MinValue, long.MaxValue];

    private static readonly Node[] Nodes =
    [
        new("Conv", 13, [[1, 4, 6, 5]], [Weights(2, 2, 3, 3), Weights(2)], new() { ["group"] = 2L, ["pads"] = (long[])[1, 1, 1, 1], ["strides"] = (long[])[1, 2], ["dilations"] = (long[])[1, 1], ["kernel_shape"] = (long[])[3, 3] }),
        new("Conv", 13, [[1, 4, 4, 6, 5]], [Weights(2, 2, 2, 3, 3)], new() { ["group"] = 2L, ["pads"] = (long[])[1, 1, 1, 1, 1, 1], ["strides"] = (long[])[2, 1, 2], ["auto_pad"] = "NOTSET" }),
        new("ConvTranspose", 13, [[1, 4, 3, 3, 3]], [Weights(4, 2, 2, 3, 3)], new() { ["group"] = 2L, ["pads"] = (long[])[1, 1, 1, 1, 1, 1], ["strides"] = (long[])[2, 1, 2], ["output_padding"] = (long[])[1, 0, 0] }),
        new("ConvTranspose", 13, [[1, 4, 3]], [Weights(4, 2, 2)], new() { ["output_shape"] = (long[])[7], ["strides"] = (long[])[2] }),
        new("AveragePool", 19, [[1, 2, 5, 6, 5]], [], new() { ["kernel_shape"] = (long[])[2, 2, 2], ["pads"] = (long[])[1, 0, 1, 0, 1, 0], ["strides"] = (long[])[2, 1, 2], ["dilations"] = (long[])[1, 1, 2], ["ceil_mode"] = 1L }),
        new("MaxPool", 12, [[1, 2, 6, 5]], [], new() { ["kernel_shape"] = (long[])[2, 2], ["pads"] = (long[])[1, 0, 1, 0], ["storage_order"] = 1L }),
        new("LpPool", 18, [[1, 2, 9]], [], new() { ["kernel_shape"] = (long[])[3], ["p"] = 3L, ["ceil_mode"] = 1L, ["strides"] = (long[])[2] }),
        new("LSTM", 14, [[5, 2, 3]], [Weights(1, 16, 3), Weights(1, 16, 4), Weights(1, 32), Tensor.FromArray<int>([5, 2], 2)], new() { ["hidden_size"] = 4L, ["direction"] = "forward", ["clip"] = 2f, ["layout"] = 0L, ["activations"] = (string[])["Sigmoid", "Tanh", "Tanh"] }),
        new("GRU", 14, [[5, 2, 3]], [Weights(2, 12, 3), Weights(2, 12, 4), Weights(2, 24)], new() { ["hidden_size"] = 4L, ["direction"] = "bidirectional", ["linear_before_reset"] = 1L }),
        new("Resize", 18, [[1, 2, 4, 5]], [null, null, Tensor.FromArray<long>([1, 2, 8, 9], 4)], new() { ["mode"] = "cubic", ["cubic_coeff_a"] = -0.5f, ["antialias"] = 1L }),
        new("Resize", 18, [[1, 2, 4, 5]], [Weights(4), Tensor.FromArray<float>([2, 1.5f], 2)], new() { ["mode"] = "nearest", ["axes"] = (long[])[3, 1], ["coordinate_transformation_mode"] = "half_pixel_symmetric" }),
        new("GridSample", 20, [[1, 2, 4, 5], [1, 3, 3, 2]], [], new() { ["mode"] = "cubic", ["padding_mode"] = "border", ["align_corners"] = 1L }),
        new("RoiAlign", 16, [[1, 2, 4, 5], [3, 4]], [Tensor.FromArray<long>([0, 0, 0], 3)], new() { ["output_height"] = 2L, ["output_width"] = 2L, ["sampling_ratio"] = 2L, ["spatial_scale"] = 0.5f, ["mode"] = "avg" }),
        new("MaxRoiPool", 13, [[1, 2, 4, 5], [3, 5]], [], new() { ["pooled_shape"] = (long[])[2, 2], ["spatial_scale"] = 0.5f }),
        new("MaxUnpool", 11, [[1, 2, 2, 2]], [Tensor.FromArray<long>([0, 2, 8, 10, 1, 3, 9, 15], 1, 2, 2, 2)], new() { ["kernel_shape"] = (long[])[2, 2], ["strides"] = (long[])[2, 2], ["pads"] = (long[])[0, 0, 0, 0] }),
        new("LRN", 13, [[1, 6, 4, 5]], [], new() { ["size"] = 3L, ["alpha"] = 0.1f, ["beta"] = 0.5f, ["bias"] = 1f }),
        new("GroupNormalization", 21, [[1, 6, 4, 5]], [Weights(6), Weights(6)], new() { ["num_groups"] = 3L, ["epsilon"] = 1e-5f }),
        new("LpNormalization", 1, [[2, 6, 4]], [], new() { ["axis"] = 1L, ["p"] = 2L }),
        new("MeanVarianceNormalization", 13, [[2, 6, 4, 3]], [], new() { ["axes"] = (long[])[0, 2, 3] }),
        new("LayerNormalization", 17, [[2, 6, 4]], [Weights(6, 4), Weights(6, 4)], new() { ["axis"] = 1L, ["epsilon"] = 1e-5f }),
        new("LogSoftmax", 11, [[2, 6, 4]], [], new() { ["axis"] = 1L }),
        new("Einsum", 12, [[2, 3], [3, 4]], [], new() { ["equation"] = "ij,jk->ik" }),
        new("Einsum", 12, [[2, 3, 3]], [], new() { ["equation"] = "...ii->...i" }),
        new("AffineGrid", 20, [[1, 2, 3]], [Tensor.FromArray<long>([1, 3, 4, 5], 4)], new() { ["align_corners"] = 1L }),
        new("CenterCropPad", 18, [[5, 6, 3]], [Tensor.FromArray<long>([3, 8], 2)], new() { ["axes"] = (long[])[0, 1] }),
        new("Col2Im", 18, [[1, 18, 36]], [Tensor.FromArray<long>([7, 8], 2), Tensor.FromArray<long>([2, 3], 2)], new() { ["strides"] = (long[])[1, 1], ["pads"] = (long[])[0, 0, 0, 0], ["dilations"] = (long[])[1, 1] }),
    ];

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, Nodes.Length)];

    [Theory]
    [MemberData(nameof(Indices))]
    public void AChangedNodeIsLiftedOrRefused(int index)
    {
        Node node = Nodes[index];
        Assert.NotEmpty(node.Harness(node.Attributes, node.Constants).Lift().Nodes);
        var random = new Random(index);
        int refused = 0;
        for (int i = 0; i < Mutations; i++)
        {
            var attributes = new Dictionary<string, object>(node.Attributes);
            Tensor?[] constants = [.. node.Constants];
            for (int k = random.Next(1, 4); k > 0; k--)
            {
                Change(random, attributes, constants);
            }

            try
            {
                node.Harness(attributes, constants).Lift();
            }
            catch (IpuException e)
            {
                Assert.NotEmpty(e.ErrorId);
                refused++;
            }
        }

        Assert.NotEqual(0, refused);
    }

    private static Tensor Weights(params ReadOnlySpan<int> shape) => Samples.Uniform(1, -1, 1, shape);

    private static void Change(Random random, Dictionary<string, object> attributes, Tensor?[] constants)
    {
        int at = random.Next(attributes.Count + constants.Length);
        if (at >= attributes.Count)
        {
            int position = at - attributes.Count;
            constants[position] = constants[position] is { } value ? Changed(random, value) : null;
            return;
        }

        string name = attributes.Keys.ElementAt(at);
        attributes[name] = attributes[name] switch
        {
            long => Extremes[random.Next(Extremes.Length)],
            float => (float)random.Next(-2, 3) / random.Next(0, 3),
            string text => text.Length == 0 || random.Next(3) == 0 ? "" : text[..random.Next(text.Length)] + (char)random.Next(33, 126) + text[random.Next(text.Length)..],
            long[] values => Changed(random, values),
            string[] names => names[..random.Next(names.Length + 1)],
            var other => other,
        };
    }

    private static long[] Changed(Random random, long[] values)
    {
        long[] changed = [.. values];
        switch (values.Length == 0 ? 1 : random.Next(4))
        {
            case 0: return changed[..random.Next(changed.Length)];
            case 1: return [.. changed, Extremes[random.Next(Extremes.Length)]];
            default:
                changed[random.Next(changed.Length)] = Extremes[random.Next(Extremes.Length)];
                return changed;
        }
    }

    private static Tensor? Changed(Random random, Tensor value)
    {
        switch (random.Next(4))
        {
            case 0: return null;
            case 1: return new Tensor(value.Type, new Shape(random.Next(0, 5)));
            case 2: return value.Reshape(new Shape([.. value.Shape.Reverse()]));
            default:
                if (value.Type != DataType.Int64 || value.Count == 0)
                {
                    return new Tensor(value.Type, value.Shape);
                }

                long[] changed = value.ToLongs();
                changed[random.Next(changed.Length)] = Extremes[random.Next(Extremes.Length)];
                return Tensor.FromArray<long>(changed, value.Shape);
        }
    }

    private sealed record Node(string OpType, int Opset, int[][] Inputs, Tensor?[] Constants, Dictionary<string, object> Attributes)
    {
        public LiftHarness Harness(Dictionary<string, object> attributes, Tensor?[] constants)
        {
            var harness = new LiftHarness(OpType, Opset);
            foreach (int[] shape in Inputs)
            {
                harness.Input(new Tensor(DataType.Float32, new Shape(shape)));
            }

            foreach (Tensor? constant in constants)
            {
                _ = constant is null ? harness.Absent() : harness.Constant(constant);
            }

            foreach ((string name, object value) in attributes)
            {
                harness.Attribute(name, value);
            }

            return harness;
        }
    }
}
