using SgsIpu.Core;

namespace SgsIpu.Ops.Tests.Lifting;

/// <summary>Operators of TensorFlow by hand, or by ONNX's own where it has the same.</summary>
public sealed class TensorFlowLiftTests
{
    /// <summary>Two boxes that overlap by more than the threshold, one apart, and one whose score is too low.</summary>
    private static readonly Tensor Boxes = Tensor.FromArray<float>([0, 0, 2, 2, 0, 0.1f, 2, 2, 5, 5, 6, 6, 8, 8, 9, 9], 4, 4);

    private static readonly Tensor Scores = Tensor.FromArray([0.6f, 0.9f, 0.7f, 0.1f], 4);

    [Theory]
    [InlineData("NonMaxSuppressionV2", 1, new[] { 1, 2, 3, -1, -1 })]
    [InlineData("NonMaxSuppressionV3", 2, new[] { 1, 2, -1, -1, -1 })]
    public void Kept_boxes_come_best_first_with_nothing_behind(string op, int thresholds, int[] expected)
    {
        LiftHarness node = Suppression(op, 1, thresholds);
        Assert.Equal(expected, Run(node)[0].ToInts());
    }

    [Theory]
    [InlineData("NonMaxSuppressionV4", 2)]
    [InlineData("NonMaxSuppressionV5", 3)]
    public void Padded_indices_come_with_their_number(string op, int thresholds)
    {
        Tensor[] y = Run(Suppression(op, thresholds, thresholds).Attribute("pad_to_max_output_size", true));
        Assert.Equal([1, 2, 0, 0, 0], y[0].ToInts());
        Assert.Equal([2], y[^1].ToInts());
        if (y.Length == 3)
        {
            Assert.Equal([0.9f, 0.7f, 0, 0, 0], y[1].ToFloats());
        }
    }

    [Fact]
    public void Soft_suppression_is_refused()
    {
        LiftHarness node = Suppression("NonMaxSuppressionV5", 3, 2).Constant(Tensor.Scalar(0.5f));
        Assert.Contains("soft_nms_sigma", Assert.Throws<IpuException>(() => node.Lift()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("All", new[] { false, false, true })]
    [InlineData("Any", new[] { true, false, true })]
    public void Truths_are_reduced(string op, bool[] expected)
    {
        Tensor[] y = Run(TensorFlow(op).Input(Tensor.FromArray([true, false, true, false, false, true], 2, 3)).Constant(Tensor.FromArray([0], 1)));
        Assert.Equal(expected, y[0].ToInts().Select(v => v != 0));
    }

    /// <summary>A batch of 2: the picked dimension right behind it, or later.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Picks_stay_in_their_batch(int axis)
    {
        Tensor x = Samples.Uniform(1, -1, 1, 2, 3, 3, 2);
        int[] indices = [2, 0, 1, 1];
        Tensor y = Run(TensorFlow("GatherV2").Input(x).Constant(Tensor.FromArray(indices, 2, 2)).Constant(Tensor.Scalar(axis)).Attribute("batch_dims", 1L))[0];
        Assert.Equal(axis == 1 ? new Shape(2, 2, 3, 2) : new Shape(2, 3, 2, 2), y.Shape);
        float[] values = x.ToFloats();
        float[] got = y.ToFloats();
        for (int b = 0; b < 2; b++)
        {
            for (int i = 0; i < 2; i++)
            {
                for (int other = 0; other < 3; other++)
                {
                    int from = axis == 1 ? (((b * 3) + indices[(b * 2) + i]) * 3) + other : (((b * 3) + other) * 3) + indices[(b * 2) + i];
                    int to = axis == 1 ? (((b * 2) + i) * 3) + other : (((b * 3) + other) * 2) + i;
                    Assert.Equal(values[from * 2], got[to * 2]);
                    Assert.Equal(values[(from * 2) + 1], got[(to * 2) + 1]);
                }
            }
        }
    }

    /// <summary>Sequences along any dimension, of a batch along any other.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    [InlineData(2, 1)]
    [InlineData(0, 2)]
    public void Sequences_are_turned_up_to_their_lengths(int time, int batch)
    {
        Tensor x = Samples.Uniform(1, -1, 1, 3, 3, 3);
        int[] lengths = [2, 3, 0];
        Tensor y = Run(TensorFlow("ReverseSequence").Input(x).Constant(Tensor.FromArray(lengths, 3)).Attribute("seq_dim", (long)time).Attribute("batch_dim", (long)batch))[0];
        for (int i = 0; i < 27; i++)
        {
            int[] place = [i / 9, i / 3 % 3, i % 3];
            int length = lengths[place[batch]];
            place[time] = place[time] < length ? length - 1 - place[time] : place[time];
            Assert.Equal(x.As<float>()[(place[0] * 9) + (place[1] * 3) + place[2]], y.As<float>()[i]);
        }
    }

    [Theory]
    [InlineData("AvgPool3D", "AveragePool", "SAME", "SAME_UPPER")]
    [InlineData("AvgPool3D", "AveragePool", "VALID", "VALID")]
    [InlineData("MaxPool3D", "MaxPool", "SAME", "SAME_UPPER")]
    [InlineData("MaxPool3D", "MaxPool", "VALID", "VALID")]
    public void Volumes_are_pooled_over_images_and_depth(string op, string onnx, string padding, string pads)
    {
        Tensor x = Samples.Uniform(1, -1, 1, 2, 5, 6, 7, 3);
        Tensor y = Run(TensorFlow(op).Input(x).Attribute("ksize", (long[])[1, 2, 3, 2, 1]).Attribute("strides", (long[])[1, 2, 1, 2, 1]).Attribute("padding", padding))[0];
        LiftHarness peer = new LiftHarness(onnx, 19).Input(x.Transpose(0, 4, 1, 2, 3)).Attribute("kernel_shape", (long[])[2, 3, 2]).Attribute("strides", (long[])[2, 1, 2]).Attribute("auto_pad", pads);
        Tensor expected = peer.RunSource([new TensorType(DataType.Float32, new Shape(y.Shape[0], y.Shape[4], y.Shape[1], y.Shape[2], y.Shape[3]))])[0];
        LiftHarness.Close(expected.Transpose(0, 2, 3, 4, 1).ToFloats(), y.ToFloats(), 1e-6);
    }

    private static LiftHarness TensorFlow(string op, int outputs = 1) => new(op, 1, outputs, framework: Framework.TensorFlow);

    /// <summary>Thresholds are those of overlap, of scores, and the width of soft suppression.</summary>
    private static LiftHarness Suppression(string op, int outputs, int thresholds)
    {
        LiftHarness node = TensorFlow(op, outputs).Input(Boxes).Input(Scores).Constant(Tensor.Scalar(5));
        return Enumerable.Range(0, thresholds).Aggregate(node, (n, i) => n.Constant(Tensor.Scalar(i == 0 ? 0.5f : i == 1 ? 0.2f : 0)));
    }

    private static Tensor[] Run(LiftHarness node) => node.RunLifted(node.Lift());
}
