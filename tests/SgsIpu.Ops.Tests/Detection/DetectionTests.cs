using SgsIpu.Core;

namespace SgsIpu.Ops.Tests.Detection;

public sealed class DetectionTests
{
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(false, 3)]
    public void Boxes_are_kept_as_ONNX_Runtime_keeps_them(bool center, int classes)
    {
        for (int seed = 0; seed < 6; seed++)
        {
            var op = new NonMaxSuppressionOp(30, 0.4f, 0.2f, center);
            FixedOutcome y = new OperatorHarness(op)
                .Activation(Boxes(seed, 2, 40, center))
                .Activation(Samples.Uniform(seed + 50, 0, 1, 2, classes, 40))
                .RunFixed(DataType.Int16, DataType.Int16);
            Assert.Equal(y.Expected[0].ToLongs(), y.Integers[0].ToLongs());
            Assert.Contains(-1L, y.Integers[0].ToLongs());
        }
    }

    [Fact]
    public void Without_thresholds_only_the_number_limits()
    {
        FixedOutcome y = new OperatorHarness(new NonMaxSuppressionOp(100, 1f))
            .Activation(Boxes(1, 1, 20, false))
            .Activation(Samples.Uniform(2, -1, 1, 1, 1, 20))
            .RunFixed(DataType.Int16, DataType.Int16);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => (long)i), y.Integers[0].ToLongs().Where((_, i) => i % 3 == 2).Order());
    }

    public static TheoryData<bool, bool, bool, int> Forms => new()
    {
        { false, false, false, -1 },
        { false, true, false, 0 },
        { false, true, true, 0 },
        { true, false, false, -1 },
        { true, true, false, 0 },
    };

    /// <summary>
    /// The float form is a graph of ONNX operators with NonMaxSuppression and TopK of ONNX Runtime; the fixed one is all integers. Both see
    /// the same integers, so classes and their number are equal and boxes differ by roundings.
    /// </summary>
    [Theory]
    [MemberData(nameof(Forms))]
    public void Detections_follow_the_float_form(bool agnostic, bool grouped, bool corners, int background)
    {
        for (int seed = 0; seed < 5; seed++)
        {
            const int Anchors = 60;
            var op = new DetectionPostProcessOp(12, 30, 8, 0.3f, 0.5f, background, agnostic, grouped, corners, Clip: seed % 2 == 0);
            FixedOutcome y = new OperatorHarness(op, 4)
                .Activation(Samples.Uniform(seed, -1, 1, 1, Anchors, 4))
                .Activation(Samples.Uniform(seed + 20, 0, 1, 1, Anchors, 4))
                .Constant(AnchorTable(seed, Anchors, corners))
                .RunFixed(DataType.Int16, DataType.Int16);
            Assert.Equal(y.Expected[3].ToLongs(), y.Integers[3].ToLongs());
            Assert.InRange(y.MaxErrorLsb, 0, 1);
        }
    }

    /// <summary>By hand: of two overlapping boxes of one class the better stays, of another class both do.</summary>
    [Fact]
    public void The_better_of_two_boxes_of_one_class_stays()
    {
        Tensor anchors = Tensor.FromArray(
            [0.5f, 0.5f, 0.4f, 0.4f, 0.1f, 0.1f, 0.2f, 0.2f, 0.5f, 0.52f, 0.4f, 0.4f, 0.1f, 0.1f, 0.2f, 0.2f, 0.2f, 0.2f, 0.2f, 0.2f, 0.1f, 0.1f, 0.2f, 0.2f], 3, 8);
        Tensor scores = Tensor.FromArray([0.9f, 0.1f, 0.8f, 0.7f, 0.2f, 0.6f], 1, 3, 2);
        FixedOutcome y = new OperatorHarness(new DetectionPostProcessOp(5, 0, 0, 0.5f, 0.5f), 4)
            .Activation(new Tensor(DataType.Float32, new Shape(1, 3, 4)))
            .Activation(scores)
            .Constant(anchors)
            .RunFixed(_ => DataType.Int16, DataType.Int16, QuantParam.Int16(-1, 1));
        Assert.Equal([3], y.Integers[3].ToInts());
        Assert.Equal([0, 1, 1, 0, 0], y.Integers[1].ToInts());
        float[] shown = Quantization.Dequantize(y.Integers[2], y.Maps[2]!).ToFloats();
        LiftHarness.Close([0.9f, 0.7f, 0.6f, 0, 0], shown, 1e-4);
        LiftHarness.Close([0.3f, 0.3f, 0.7f, 0.7f, 0.3f, 0.32f, 0.7f, 0.72f, 0.1f, 0.1f, 0.3f, 0.3f], y.Values[..12], 1e-4);
    }

    [Fact]
    public void Extreme_codes_saturate()
    {
        FixedOutcome y = new OperatorHarness(new DetectionPostProcessOp(4, 0, 0, -1e30f, 0.5f), 4)
            .Activation(Tensor.FromArray([0f, 0, 1e6f, -1e6f, 1e6f, -1e6f, 1e6f, 1e6f], 1, 2, 4))
            .Activation(Tensor.FromArray([0.5f, 0.25f], 1, 2, 1))
            .Constant(Tensor.FromArray([0.5f, 0.5f, 1f, 1f, 10f, 10f, 10f, 10f, 0.5f, 0.5f, 1f, 1f, 10f, 10f, 10f, 10f], 2, 8))
            .RunFixed(_ => DataType.Int16, DataType.Int16, QuantParam.Int16(-1, 1));
        Assert.All(y.Integers[0].ToInts(), v => Assert.InRange(v, -32767, 32767));
        Assert.InRange(y.Integers[3].ToInts()[0], 1, 2);
    }

    /// <summary>Boxes around few places, so that many overlap.</summary>
    private static Tensor Boxes(int seed, int batch, int count, bool center)
    {
        var random = new Random(seed);
        var result = new Tensor(DataType.Float32, new Shape(batch, count, 4));
        Span<float> v = result.As<float>();
        for (int i = 0; i < v.Length; i += 4)
        {
            (float p, float q) = (random.Next(0, 5) + (float)random.NextDouble(), random.Next(0, 3) + (float)random.NextDouble());
            (float h, float w) = ((float)(0.5 + random.NextDouble()), (float)(0.5 + random.NextDouble()));
            (v[i], v[i + 1], v[i + 2], v[i + 3]) = center ? (p, q, h, w) : seed % 2 == 0 ? (p, q, p + h, q + w) : (p + h, q + w, p, q);
        }

        return result;
    }

    private static Tensor AnchorTable(int seed, int count, bool corners)
    {
        float[] boxes = Boxes(seed + 9, 1, count, !corners).ToFloats();
        if (corners)
        {
            // First corner first.
            for (int i = 0; i < boxes.Length; i += 4)
            {
                (boxes[i], boxes[i + 2]) = (Math.Min(boxes[i], boxes[i + 2]), Math.Max(boxes[i], boxes[i + 2]));
                (boxes[i + 1], boxes[i + 3]) = (Math.Min(boxes[i + 1], boxes[i + 3]), Math.Max(boxes[i + 1], boxes[i + 3]));
            }
        }

        return Tensor.FromArray<float>([.. Enumerable.Range(0, count * 8).Select(i => i % 8 < 4 ? boxes[(i / 8 * 4) + (i % 8)] / 6 : i % 8 < 6 ? 0.1f : 0.2f)], new Shape(count, 8));
    }
}
