using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Quantization;
using SgsIpu.Engine.Quantization.Reconstruction;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Quantization.Reconstruction;

/// <summary>Rebuilding a whole graph, against what the finished graph does.</summary>
public sealed class ReconstructorTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheOutputsOfHeldBackSamplesNeverGetWorse(bool wide)
    {
        (Reconstructor reconstructor, Graph graph) = Setup(wide);
        RebuiltGraph rebuilt = reconstructor.Rebuild(graph, new HashSet<string>(), narrow: false, CancellationToken.None);
        (double before, double after) = (WholeNoise.Mean(rebuilt.NoiseBefore.Parts), WholeNoise.Mean(rebuilt.NoiseAfter.Parts));
        Assert.True(after <= before, $"{after} is above {before}");
        Assert.True(wide || after < 0.9 * before, $"{after} is hardly below {before}");
    }

    /// <summary>The noise is followed layer by layer on parts of runs; whole runs of the graphs before and after say the same.</summary>
    [Fact]
    public void TheNoiseThatIsToldIsThatOfTheGraph()
    {
        (Reconstructor reconstructor, Graph graph) = Setup(wide: false);
        RebuiltGraph rebuilt = reconstructor.Rebuild(graph, new HashSet<string>(), narrow: false, CancellationToken.None);
        Assert.Equal(reconstructor.Noise(graph, CancellationToken.None).Parts, rebuilt.NoiseBefore.Parts);
        Assert.Equal(reconstructor.Noise(rebuilt.ApplyTo(graph), CancellationToken.None).Parts, rebuilt.NoiseAfter.Parts);
    }

    [Fact]
    public void AGraphThatIsWorseAsAWholeIsTold()
    {
        (Reconstructor reconstructor, Graph graph) = Setup(wide: false);
        WholeNoise narrow = reconstructor.Verify(graph, CancellationToken.None);
        WholeNoise wide = reconstructor.Verify(Setup(wide: true).Graph, CancellationToken.None);
        Assert.True(wide.IsNoWorseThan(narrow));
        Assert.True(narrow.IsNoWorseThan(narrow));
        Assert.False(narrow.IsNoWorseThan(wide));
        Assert.True(wide.Decibels > narrow.Decibels + 20);
    }

    /// <summary>A part may get better at the cost of another, but neither in the mean of the parts nor in that of whole outputs may it be worse.</summary>
    [Theory]
    [InlineData(0.5, 0.5, 1, 1, true)]
    [InlineData(0.25, 2, 1, 1, true)]
    [InlineData(0.5, 4, 1, 1, false)]
    [InlineData(0.5, 0.5, 2, 0.4, true)]
    [InlineData(0.5, 0.5, 2, 0.6, false)]
    public void NoWorseIsMeantOfPartsAndOfOutputs(double part, double otherPart, double output, double otherOutput, bool expected) =>
        Assert.Equal(expected, new WholeNoise([[part, otherPart]], [[output, otherOutput]]).IsNoWorseThan(new WholeNoise([[1, 1]], [[1, 1]])));

    /// <summary>Samples that all say the same are sure; where some say otherwise, the mean alone is not.</summary>
    [Theory]
    [InlineData(0.9, 0.9, 0.9, 0.9, true)]
    [InlineData(0.5, 0.7, 0.5, 0.7, true)]
    [InlineData(0.3, 1.6, 0.3, 1.6, false)]
    [InlineData(1.1, 1.1, 1.1, 1.1, false)]
    public void ADifferenceIsSureWhenSamplesAgree(double first, double second, double third, double fourth, bool expected)
    {
        double[][] noise = [[first], [second], [third], [fourth]];
        double[][] other = [[1], [1], [1], [1]];
        Assert.Equal(expected, new WholeNoise(noise, noise).IsSurelyNoWorseThan(new WholeNoise(other, other)));
        Assert.Equal(expected, new WholeNoise(noise, noise).IsSurelyBetterThan(new WholeNoise(other, other)));
    }

    /// <summary>How loud samples are tells nothing of which graph is better: the same change in all of them is sure.</summary>
    [Fact]
    public void SamplesAreComparedInPairs()
    {
        double[][] noise = [[0.9], [9], [90], [0.09]];
        double[][] other = [[1], [10], [100], [0.1]];
        Assert.Equal(Math.Log(0.9), new WholeNoise(noise, noise).Rise(new WholeNoise(other, other), errors: 5), 12);
    }

    [Fact]
    public void WithoutAnythingToMeasureNothingIsWorse() => Assert.True(new WholeNoise([], []).IsNoWorseThan(new WholeNoise([], [])));

    [Fact]
    public void WhatStaysIsNotRebuilt()
    {
        (Reconstructor reconstructor, Graph graph) = Setup(wide: false);
        RebuiltGraph rebuilt = reconstructor.Rebuild(graph, new HashSet<string>(), narrow: true, CancellationToken.None);
        Graph after = rebuilt.ApplyTo(graph);
        foreach (Node node in graph.Nodes.Where(n => n.Op is ImageConvolutionOp))
        {
            RebuiltLayer layer = rebuilt.Layers[node.Name];
            Tensor weights = after[node.Inputs[1]].Constant!;
            Assert.Equal((layer.Rounded?.Weights ?? graph[node.Inputs[1]].Constant!).Bytes.ToArray(), weights.Bytes.ToArray());
            Assert.Equal(DataType.Int4, layer.Narrow!.Weights.Type);
        }
    }

    /// <summary>Rows that judge are no part of the moments: whatever they hold, the weights that are found stay the same.</summary>
    [Fact]
    public void WeightsDoNotDependOnTheSamplesHeldBack()
    {
        const int Size = 12;
        const int Rows = 400;
        const int Training = 300;
        var random = new Random(5);
        float[] kernel = [.. Enumerable.Range(0, 3 * Size).Select(_ => random.NextSingle() - 0.5f)];
        float[] seen = [.. Enumerable.Range(0, Rows * Size).Select(_ => random.NextSingle() * 8)];
        float[] other = [.. seen.Select((v, i) => i < Training * Size ? v : 8 - v)];
        LayerForms first = Forms(seen);
        LayerForms second = Forms(other);
        Assert.Equal(first.Forms[0].Rounded.Weights.Bytes.ToArray(), second.Forms[0].Rounded.Weights.Bytes.ToArray());
        Assert.Equal(first.Forms[0].Rounded.Bias!.Bytes.ToArray(), second.Forms[0].Rounded.Bias!.Bytes.ToArray());
        Assert.NotEqual(first.Forms[0].Loss, second.Forms[0].Loss);

        LayerForms Forms(float[] inputs)
        {
            var editor = new GraphEditor("layer");
            editor.AddInput(new TensorSpec("x", DataType.Float32, new Shape(1, Size)));
            editor.AddConstant("w", Tensor.FromArray<float>(kernel, 3, Size));
            editor.Outputs.Add(editor.Add("y", new FullyConnectedOp(), "x", "w"));
            Graph graph = editor.ToGraph();
            LayerGeometry geometry = LayerGeometry.Of(graph, graph.Nodes[0])!;
            var input = QuantParam.UInt8(0, 8);
            var rebuilder = new LayerRebuilder(geometry, graph["w"].Constant!, new float[3], input, wide: false, 0, (double.NegativeInfinity, double.PositiveInfinity), 40);
            float[] integers = [.. inputs.Select(v => MathF.Round(v / (float)input.Scale[0]))];
            double[] scales = WeightQuantizer.MinMaxScales(graph["w"].Constant!, 0, sbyte.MaxValue);
            var plain = new RoundedWeights(WeightQuantizer.Round(graph["w"].Constant!, scales, 0, DataType.Int8, sbyte.MaxValue), new QuantParam([.. scales], 0, 0), null, null);
            return rebuilder.Rebuild(plain, integers, [.. inputs], Rows, Training, narrow: false, fourBits: false, CancellationToken.None);
        }
    }

    /// <summary>With a mean of 127.5 every pixel lies between two integers; the integers must be those of the table at the border.</summary>
    [Fact]
    public void SamplesEnterAsTheBoardsBytesDo()
    {
        QuantParam mapping = QuantParam.UInt8(-1, 1);
        var real = new GraphEditor("real");
        real.AddInput(new TensorSpec("x", DataType.Float32, new Shape(1, 16, 16, 1)));
        real.Outputs.Add(real.Add("y", new IdentityOp(), "x"));
        var graph = new GraphEditor("fixed");
        graph.AddInput(new TensorSpec("x", DataType.Float32, new Shape(1, 16, 16, 1)));
        graph.AddTensor(new TensorSpec("x/fixed", DataType.UInt8, new Shape(1, 16, 16, 1)) { Quant = mapping });
        graph.AddNode("x/fixed", new QuantizeOp(DataType.UInt8), ["x"], ["x/fixed"]);
        graph.AddNode("y", new DequantizeOp(), ["x/fixed"], ["y"]);
        graph.Outputs.Add("y");
        var normalize = new NormalizeImageOp(ImageFormat.GRAY, ImageFormat.GRAY, 16, 16, DataType.UInt8) { Mean = [127.5f], Std = [127.5f] };
        TensorSpec output = new("n", DataType.UInt8, new Shape(1, 16, 16, 1)) { Quant = mapping };
        Tensor table = normalize.BuildTables(new FixedBinding("n", [new TensorSpec("b", DataType.UInt8, new Shape(1, 16, 16, 1))], [output]))[0];
        Tensor pixels = Tensor.FromArray<float>([.. Enumerable.Range(0, 256).Select(v => (v - 127.5f) / 127.5f)], 1, 16, 16, 1);
        var inputs = new FixedInputs(real.ToGraph(), graph.ToGraph());
        (string tensor, Tensor value) = Assert.Single(inputs.Of(new Sample("pixels", [pixels])));
        Assert.Equal("x/fixed", tensor);
        Assert.Equal(table.As<short>().ToArray().Select(q => (byte)q), value.Bytes.ToArray());

        // Behind the border nothing rounds them again.
        Graph behind = inputs.Behind(graph.ToGraph());
        Assert.Equal(["x/fixed"], behind.Inputs.ToArray());
        Assert.Equal("Dequantize", Assert.Single(behind.Nodes).Op.Name);
    }

    private static (Reconstructor Reconstructor, Graph Graph) Setup(bool wide)
    {
        FileSampleSource samples = SampleModel.Open(SampleModel.Float, "calibration");
        var options = new CalibrationOptions(samples);
        CalibrationStatistics statistics = Calibrator.Observe(SampleModel.Float, options, null, CancellationToken.None);
        Graph real = new GivenTable(SampleModel.Float.Graph, []).Graph;
        Dictionary<string, DataType> types = real.Nodes.Where(n => n.Op is ImageConvolutionOp or FullyConnectedOp).ToDictionary(n => n.Name, _ => wide ? DataType.Int16 : DataType.UInt8, StringComparer.Ordinal);
        QuantizedModel model = Calibrator.QuantizeForRebuilding(new CalibrationState(SampleModel.Float, CalibrationLevel.L2, statistics), types, null, CancellationToken.None);
        return (new Reconstructor(real, options, statistics.Held, 40, null, null, CancellationToken.None), model.WithoutBorder());
    }
}
