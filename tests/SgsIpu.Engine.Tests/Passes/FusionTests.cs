using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Frontends.Onnx;

namespace SgsIpu.Engine.Tests.Passes;

/// <summary>What exporters write out is recognized, and computes what the file says.</summary>
public sealed class FusionTests
{
    private static readonly Dictionary<string, Tensor> Constants = new()
    {
        ["half"] = Tensor.Scalar(0.5f),
        ["one"] = Tensor.Scalar(1f),
        ["two"] = Tensor.Scalar(2f),
        ["three"] = Tensor.Scalar(3f),
        ["six"] = Tensor.Scalar(6f),
        ["sixth"] = Tensor.Scalar(1 / 6f),
        ["zero"] = Tensor.Scalar(0f),
        ["root"] = Tensor.Scalar(MathF.Sqrt(2)),
        ["epsilon"] = Tensor.Scalar(1e-5f),
        ["gamma"] = Tensor.FromArray<float>([1, 2, 3, 4, 5, 6], 6),
        ["beta"] = Tensor.FromArray<float>([6, 5, 4, 3, 2, 1], 6),
        ["pads"] = Tensor.FromArray<long>([0, 0, 1, 2, 0, 0, 3, 4], 8),
        ["weights"] = Tensor.FromArray<float>([.. Enumerable.Range(0, 4 * 5 * 9).Select(i => MathF.Sin(i))], 4, 5, 3, 3),
    };

    [Theory]
    [InlineData("Silu", "Sigmoid x>a; Mul x,a>y")]
    [InlineData("Silu", "Sigmoid x>a; Mul a,x>y")]
    [InlineData("HardSwish", "Add x,three>a; Clip a,zero,six>b; Mul x,b>c; Div c,six>y")]
    [InlineData("HardSwish", "Add three,x>a; Clip a,zero,six>b; Mul b,x>c; Mul sixth,c>y")]
    [InlineData("HardSwish", "Add x,three>a; Clip a,zero,six>b; Div b,six>c; Mul x,c>y")]
    [InlineData("Gelu", "Div x,root>a; Erf a>b; Add b,one>c; Mul x,c>d; Mul d,half>y")]
    [InlineData("Gelu", "Div x,root>a; Erf a>b; Add one,b>c; Mul x,half>d; Mul d,c>y")]
    [InlineData("Gelu", "Div x,root>a; Erf a>b; Add b,one>c; Mul half,c>d; Mul d,x>y")]
    [InlineData("LayerNormalization", "ReduceMean x>m; Sub x,m>d; Pow d,two>p; ReduceMean p>v; Add v,epsilon>e; Sqrt e>s; Div d,s>n; Mul n,gamma>g; Add g,beta>y")]
    [InlineData("LayerNormalization", "ReduceMean x>m; Sub x,m>d; Mul d,d>p; ReduceMean p>v; Add epsilon,v>e; Sqrt e>s; Div d,s>y")]
    public void APatternBecomesOneOperator(string op, string nodes)
    {
        IpuModel model = Import(nodes, [2, 5, 6], skipSimplify: false);
        Assert.Equal([op], model.Nodes.Select(n => n.Op.Name));
        Equal(nodes, model, [2, 5, 6]);
    }

    [Fact]
    public void ZerosAroundAnImageAreTheConvolutionsOwn()
    {
        const string Nodes = "Pad x,pads>a; Conv a,weights>y";
        IpuModel model = Import(Nodes, [1, 5, 7, 8], skipSimplify: false);
        Assert.Equal(["Conv2D"], model.Nodes.Select(n => n.Op.Name));
        Equal(Nodes, model, [1, 5, 7, 8]);
    }

    [Theory]
    [InlineData(6, "Reduce")]
    [InlineData(7, "AveragePool2D")]
    public void TheAverageOverAWholeImageIsAMean(int width, string op)
    {
        int[] shape = [2, 3, 5, width];
        IpuModel model = Import("AveragePool x>y", shape, skipSimplify: false);
        Assert.Equal([op], model.Nodes.Select(n => n.Op.Name).Where(n => n != "Transpose"));
        Equal("AveragePool x>y", model, shape);
    }

    [Theory]
    [InlineData("Sigmoid x>a; Mul x,half>b; Mul b,a>y")]
    [InlineData("Add x,two>a; Clip a,zero,six>b; Mul x,b>c; Div c,six>y")]
    public void WhatOnlyLooksAlikeIsLeftAlone(string nodes)
    {
        IpuModel model = Import(nodes, [2, 5, 6], skipSimplify: false);
        Assert.DoesNotContain(model.Nodes, n => n.Op.Name is "Silu" or "HardSwish");
        Equal(nodes, model, [2, 5, 6]);
    }

    /// <summary>The graph as the file has it is the oracle: it goes to ONNX Runtime node by node.</summary>
    private static void Equal(string nodes, IpuModel model, int[] shape)
    {
        var random = new Random(2);
        var values = new float[shape.Aggregate(1, (a, b) => a * b)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (random.NextSingle() * 8) - 4;
        }

        Tensor input = Tensor.FromArray<float>(values, shape);
        input = shape.Length == 4 ? input.Transpose(0, 2, 3, 1) : input;
        float[] wanted = Run(Import(nodes, shape, skipSimplify: true), input);
        float[] got = Run(model, input);
        Assert.Equal(wanted.Length, got.Length);
        Assert.All(wanted.Zip(got), p => Assert.InRange(Math.Abs(p.First - p.Second), 0, 1e-4f * Math.Max(1, Math.Abs(p.First))));
    }

    private static float[] Run(IpuModel model, Tensor input)
    {
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        return runner.Run(new Dictionary<string, Tensor> { ["x"] = input }, CancellationToken.None)["y"].ToFloats();
    }

    private static IpuModel Import(string nodes, int[] shape, bool skipSimplify)
    {
        SourceNode[] parsed = [.. nodes.Split(';', StringSplitOptions.TrimEntries).Select((text, i) => Parse(text, i))];
        Dictionary<string, Tensor> used = Constants.Where(c => parsed.Any(n => n.Inputs.Contains(c.Key))).ToDictionary();
        var source = new SourceGraph("pattern", Framework.Onnx, [new SourceTensor("x", DataType.Float32, [.. shape])], [new SourceTensor("y", DataType.Float32, default)], [.. parsed], used)
        {
            OpsetVersions = ImmutableDictionary<string, int>.Empty.Add("", 17),
        };
        string file = Path.Combine(Path.GetTempPath(), $"sgsipu-{Guid.NewGuid():N}.onnx");
        try
        {
            File.WriteAllBytes(file, OnnxWriter.Write(source));
            return IpuEngine.Import(new ImportOptions(file) { SkipSimplify = skipSimplify });
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>"Op input,input>output"</summary>
    private static SourceNode Parse(string text, int index)
    {
        string[] parts = text.Split(' ', '>');
        Dictionary<string, object> attributes = parts[0] switch
        {
            "ReduceMean" => new() { ["axes"] = new long[] { -1 }, ["keepdims"] = 1L },
            "AveragePool" => new() { ["kernel_shape"] = new long[] { 5, 6 } },
            _ => [],
        };
        return new SourceNode($"node{index}", parts[0], [.. parts[1].Split(',')], [parts[2]], attributes);
    }
}
