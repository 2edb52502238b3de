using System.Text;
using SgsIpu.Core;
using SgsIpu.Frontends.Caffe;

namespace SgsIpu.Frontends.Tests.Caffe;

public sealed class CaffeReaderTests
{
    private const string Small = """
        name: "small" # a comment
        layer { name: 'data' type: "Input" top: "data" input_param: { shape: { dim: [1, 2], dim: 4; dim: 4 } } }
        layer <
          name: "con" 'v' type: "Convolution", bottom: "data"; top: "y"
          convolution_param { num_output: 3 kernel_size: 1 pad: 0x1 bias_term: false engine: CAFFE weight_filler { type: "xavier" } }
        >
        layer { name: "relu" type: "ReLU" bottom: "y" top: "y" relu_param { negative_slope: -.5e-1f } }
        layer { name: "drop" type: "Dropout" bottom: "y" top: "y" }
        layer { name: "pool" type: "Pooling" bottom: "y" top: "z" pooling_param { pool: AVE kernel_size: 2 } }
        """;

    [Fact]
    public void TheTextFormatIsRead()
    {
        SourceGraph graph = Read(Small);
        Assert.Equal("small", graph.Name);
        Assert.Equal([1, 2, 4, 4], Assert.Single(graph.Inputs).Dimensions.ToArray());
        Assert.Equal(["Convolution", "ReLU", "Pooling"], graph.Nodes.Select(n => n.OpType));
        SourceNode conv = graph.Nodes[0];
        Assert.Equal("conv", conv.Name);
        Assert.Equal(1, conv.Int("pad", 0));
        Assert.False(conv.Bool("bias_term", true));
        Assert.Equal(-0.05f, graph.Nodes[1].Float("negative_slope", 0));
        Assert.Equal("AVE", graph.Nodes[2].String("pool", ""));
        Assert.Empty(graph.Notes);
    }

    [Fact]
    public void ABlobWrittenInPlaceKeepsItsNameAtTheEnd()
    {
        SourceGraph graph = Read(Small);
        Assert.Equal(["y/conv"], graph.Nodes[0].Outputs.ToArray());
        Assert.Equal(["y/conv"], graph.Nodes[1].Inputs.ToArray());
        Assert.Equal(["y"], graph.Nodes[1].Outputs.ToArray());
        Assert.Equal(["y"], graph.Nodes[2].Inputs.ToArray());
        Assert.Equal(["z"], graph.Outputs.Select(o => o.Name));
    }

    [Theory]
    [InlineData("input: 'a' input_dim: 10 input_dim: 3 input_dim: 8 input_dim: 9", "1,3,8,9", 1)]
    [InlineData("input: 'a' input_shape { dim: 1 dim: 3 dim: 8 dim: 9 }", "1,3,8,9", 0)]
    [InlineData("input: 'a' input_dim: 300 input_dim: 5 input_dim: 1 input_dim: 1", "300,5,1,1", 0)]
    [InlineData("layer { name: 'd' type: 'Data' top: 'a' top: 'label' }", "", 0)]
    [InlineData("layers { name: 'd' type: DUMMY_DATA top: 'a' dummy_data_param { shape { dim: 2 dim: 7 } } }", "2,7", 0)]
    public void InputsOfAllAgesHaveShapes(string declaration, string shape, int notes)
    {
        SourceGraph graph = Read(declaration + " layer { name: 'r' type: 'ReLU' bottom: 'a' top: 'b' }");
        SourceTensor input = Assert.Single(graph.Inputs);
        Assert.Equal("a", input.Name);
        Assert.Equal(shape, input.Dimensions.IsDefault ? "" : string.Join(',', input.Dimensions));
        Assert.Equal(notes, graph.Notes.Length);
    }

    [Fact]
    public void LayersOfOtherPhasesAreLeftOut()
    {
        SourceGraph graph = Read("""
            input: "x"
            layer { name: "a" type: "ReLU" bottom: "x" top: "a" include { phase: TRAIN } }
            layer { name: "b" type: "TanH" bottom: "x" top: "a" include { phase: TEST } }
            layer { name: "c" type: "AbsVal" bottom: "a" top: "c" exclude { phase: TEST } }
            layer { name: "d" type: "Sigmoid" bottom: "a" top: "d" include { stage: "deploy" } include { min_level: 0 } }
            layer { name: "e" type: "BNLL" bottom: "d" top: "e" include { stage: "deploy" } }
            layer { name: "loss" type: "SoftmaxWithLoss" bottom: "d" bottom: "x" top: "loss" }
            """);
        Assert.Equal(["b", "d"], graph.Nodes.Select(n => n.Name));
        Assert.Equal(["d"], graph.Outputs.Select(o => o.Name));
        Assert.Contains("'loss' (SoftmaxWithLoss) is left out", Assert.Single(graph.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void OldLayersHaveTodaysTypes()
    {
        const string Text = "input: 'x' layers { name: 'ip' type: INNER_PRODUCT bottom: 'x' top: 'y' blobs_lr: 1 inner_product_param { num_output: 2 } }";
        SourceGraph graph = CaffeReader.Read(Encoding.UTF8.GetBytes(Text), "old.prototxt", CaffeModelBytes.OfOld("ip", [1, 1, 2, 3], [1, 2, 3, 4, 5, 6]), "old.caffemodel");
        SourceNode node = Assert.Single(graph.Nodes);
        Assert.Equal("InnerProduct", node.OpType);
        Assert.Equal(new Shape(1, 1, 2, 3), node.Tensor("blob0")!.Shape);
        Assert.Equal([1f, 2, 3, 4, 5, 6], node.Tensor("blob0")!.ToFloats());
        Assert.Empty(graph.Notes);
    }

    [Fact]
    public void UnknownFieldsAreTold()
    {
        SourceGraph graph = Read("input: 'x' speed: 3 layer { name: 'p' type: 'ReLU' bottom: 'x' top: 'y' quantize_me: true relu_param { slope: 2 } }");
        Assert.Equal(["speed", "quantize_me", "slope"], graph.Notes.Select(n => n.Split('\'')[^2]).ToArray());
    }

    [Theory]
    [InlineData("layer { name: 'a'", "CaffeSyntax")]
    [InlineData("layer { name 'a' }", "CaffeSyntax")]
    [InlineData("layer { name: 'a\n' }", "CaffeSyntax")]
    [InlineData("layer { name: 'a' type: 'ReLU' bottom: 'x' top: 'y' }", "CaffeBottom")]
    [InlineData("input: 'x' input_dim: 1", "CaffeInput")]
    [InlineData("input: 'x' input_shape { dim: -1 }", "CaffeInput")]
    [InlineData("input: 'x' layers { type: NOTHING }", "CaffeLayerType")]
    [InlineData("input: 'x' layers { layer { name: 'a' type: 'conv' } }", "CaffeVersion")]
    [InlineData("input: 'x'", "CaffeEmpty")]
    public void WrongFilesAreRefused(string text, string errorId) => Assert.Equal(errorId, Assert.Throws<IpuException>(() => Read(text)).ErrorId);

    [Fact]
    public void DeepNestingIsRefused()
    {
        string text = string.Concat(Enumerable.Repeat("a {", 100_000));
        Assert.Equal("CaffeSyntax", Assert.Throws<IpuException>(() => Read(text)).ErrorId);
    }

    [Fact]
    public void WeightsThatContradictTheirShapeAreRefused() => Assert.Equal(
        "CaffeBlob",
        Assert.Throws<IpuException>(() => CaffeReader.Read(Encoding.UTF8.GetBytes(Small), "x.prototxt", CaffeModelBytes.Of([("conv", [3, 2, 1, 1], new float[5])]), "x.caffemodel")).ErrorId);

    [Fact]
    public void DamagedFilesGiveOneClearError()
    {
        byte[] text = Encoding.UTF8.GetBytes(Small);
        byte[] weights = CaffeModelBytes.Of([("conv", [3, 2, 1, 1], [1, 2, 3, 4, 5, 6]), ("conv", [3], [7, 8, 9])]);
        var random = new Random(23);
        int refused = 0;
        for (int round = 0; round < 4000; round++)
        {
            byte[] t = round % 2 == 0 ? Damage(text, round / 2, random) : text;
            byte[] w = round % 2 == 1 ? Damage(weights, round / 2, random) : weights;
            try
            {
                _ = CaffeReader.Read(t, "damaged.prototxt", w, "damaged.caffemodel");
            }
            catch (IpuException e)
            {
                Assert.NotEmpty(e.Message);
                refused++;
            }
        }

        Assert.True(refused > 500, $"{refused}");
    }

    private static byte[] Damage(byte[] bytes, int round, Random random)
    {
        if (round < bytes.Length)
        {
            return bytes[..round];
        }

        byte[] damaged = [.. bytes];
        for (int i = 0; i < 3; i++)
        {
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
        }

        return damaged;
    }

    private static SourceGraph Read(string text) => CaffeReader.Read(Encoding.UTF8.GetBytes(text), "net.prototxt", null, "");
}
