using Google.Protobuf;
using SgsIpu.Core;
using SgsIpu.Frontends.TensorFlow;
using SgsIpu.Frontends.TensorFlow.Proto;

namespace SgsIpu.Frontends.Tests.TensorFlow;

public sealed class TensorFlowReaderTests
{
    private const int Float = 1;
    private const int Bool = 10;
    private const int Half = 19;

    [Fact]
    public void NodesAreSortedAndConstantsRead()
    {
        SourceGraph graph = Read(Small());
        Assert.Equal(["Add", "Relu"], graph.Nodes.Select(n => n.OpType));
        Assert.Equal([1f, 2, 2], graph.Constants["c"].ToFloats());
        Assert.Equal("y", Assert.Single(graph.Outputs).Name);
        Assert.Equal([-1, 3], graph.Inputs[0].Dimensions.ToArray());
    }

    [Fact]
    public void HalfWeightsBecomeReal()
    {
        GraphDef graph = Small();
        NodeDef constant = graph.Node.Single(n => n.Name == "c");
        byte[] halves = [.. new[] { 0.5, -2, 65504 }.SelectMany(v => BitConverter.GetBytes((System.Half)v))];
        constant.Attr["value"].Tensor = new TensorData { Dtype = Half, TensorShape = ShapeOf(3), TensorContent = ByteString.CopyFrom(halves) };
        Assert.Equal([0.5f, -2, 65504], Read(graph).Constants["c"].ToFloats());
        constant.Attr["value"].Tensor = new TensorData { Dtype = Half, TensorShape = ShapeOf(3), HalfVal = { 0x3800, 0xC000 } };
        Assert.Equal([0.5f, -2, -2], Read(graph).Constants["c"].ToFloats());
    }

    [Fact]
    public void TheBranchOfTrainingIsLeftOut()
    {
        GraphDef graph = Small();
        graph.Node.Add(Constant("training", new TensorData { Dtype = Bool, TensorShape = new TensorShape(), BoolVal = { false } }));
        graph.Node.Add(new NodeDef { Name = "switch", Op = "Switch", Input = { "y", "training" } });
        graph.Node.Add(new NodeDef { Name = "trained", Op = "Neg", Input = { "switch:1" } });
        graph.Node.Add(new NodeDef { Name = "inferred", Op = "Abs", Input = { "switch" } });
        graph.Node.Add(new NodeDef { Name = "merge", Op = "Merge", Input = { "trained", "inferred" } });
        SourceGraph read = Read(graph);
        Assert.Equal(["Add", "Relu", "Identity", "Abs", "Identity"], read.Nodes.Select(n => n.OpType));
        Assert.Equal("merge", Assert.Single(read.Outputs).Name);
    }

    [Fact]
    public void VariablesAreRefused()
    {
        GraphDef graph = Small();
        graph.Node.Add(new NodeDef { Name = "v", Op = "VariableV2" });
        Assert.Equal("TensorFlowNotFrozen", Assert.Throws<IpuException>(() => Read(graph)).ErrorId);
    }

    [Fact]
    public void DamagedFilesGiveOneClearError()
    {
        byte[] bytes = Small().ToByteArray();
        var random = new Random(23);
        int refused = 0;
        for (int round = 0; round < bytes.Length + 4000; round++)
        {
            byte[] damaged = round < bytes.Length ? bytes[..round] : [.. bytes];
            for (int i = 0; i < 1 + (round % 3) && round >= bytes.Length; i++)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                _ = TensorFlowReader.Read(damaged, "damaged.pb");
            }
            catch (IpuException e)
            {
                Assert.NotEmpty(e.Message);
                refused++;
            }
        }

        Assert.True(refused > bytes.Length);
    }

    private static SourceGraph Read(GraphDef graph) => TensorFlowReader.Read(graph.ToByteArray(), "small.pb");

    /// <summary>y = relu(x + c), in no order, with the last element of c left to be filled.</summary>
    private static GraphDef Small() => new()
    {
        Node =
        {
            new NodeDef { Name = "y", Op = "Relu", Input = { "sum:0", "^c" } },
            new NodeDef { Name = "sum", Op = "Add", Input = { "x", "c" }, Attr = { ["T"] = new AttrValue { Type = Float } } },
            Constant("c", new TensorData { Dtype = Float, TensorShape = ShapeOf(3), FloatVal = { 1, 2 } }),
            new NodeDef { Name = "x", Op = "Placeholder", Attr = { ["dtype"] = new AttrValue { Type = Float }, ["shape"] = new AttrValue { Shape = ShapeOf(-1, 3) } } },
        },
    };

    private static NodeDef Constant(string name, TensorData value) =>
        new() { Name = name, Op = "Const", Attr = { ["dtype"] = new AttrValue { Type = value.Dtype }, ["value"] = new AttrValue { Tensor = value } } };

    private static TensorShape ShapeOf(params int[] sizes) => new() { Dim = { sizes.Select(s => new TensorShape.Types.Dim { Size = s }) } };
}
