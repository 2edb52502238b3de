using System.Text;
using SgsIpu.Core;
using SgsIpu.Engine.Files;

namespace SgsIpu.Engine.Tests.Files;

/// <summary>The documents inside model files, field by field.</summary>
public sealed class DocumentTests
{
    private const string Tensor = """{"name":"t","type":"Int8","shape":[2,3]}""";
    private const string Node = """{"name":"n","op":"Relu","attributes":{"a":[1,{}]},"inputs":[-1,0],"outputs":[1]}""";

    [Fact]
    public void FieldsComeInAnyOrderAndUnknownOnesArePassedBy()
    {
        GraphDocument graph = Read($$"""{"nodes":[{{Node}}],"later":{"x":[{"name":1}],"y":null},"tensors":[{"max":["NaN",2.5],"min":["-Infinity","Infinity"],"axis":-1,"zeroPoint":-3,"scale":[4.231537816914048E-05,1e0],"constant":64,"shape":[],"more":[],"type":"Int4","name":"\u00e9\n"}],"outputs":[1,2,3,4,5],"inputs":[],"name":""}""");
        TensorDocument tensor = Assert.Single(graph.Tensors);
        Assert.Equal(("\u00e9\n", DataType.Int4, Core.Shape.Scalar, 64L, -3, -1), (tensor.Name, tensor.Type, tensor.Shape, tensor.Constant!.Value, tensor.ZeroPoint!.Value, tensor.Axis!.Value));
        Assert.Equal([4.231537816914048E-05, 1], tensor.Scale!.Value.ToArray());
        Assert.Equal([float.NegativeInfinity, float.PositiveInfinity], tensor.Min!.Value.ToArray());
        Assert.Equal([float.NaN, 2.5f], tensor.Max!.Value.ToArray());
        NodeDocument node = Assert.Single(graph.Nodes);
        Assert.Equal(("n", "Relu", """{"a":[1,{}]}"""), (node.Name, node.Op, node.Attributes.GetRawText()));
        Assert.Equal([-1, 0], node.Inputs.ToArray());
        Assert.Equal([1, 2, 3, 4, 5], graph.Outputs.ToArray());
    }

    [Fact]
    public void ListsOfNumbersMayBeTheBase64OfTheirBytes()
    {
        TensorDocument tensor = Assert.Single(Read(Graph("""{"name":"t","type":"Int8","shape":[2],"scale":"AAAAAAAA4D8AAAAAAAAEwA==","min":"AACAvwAAgH8="}""", Node)).Tensors);
        Assert.Equal([0.5, -2.5], tensor.Scale!.Value.ToArray());
        Assert.Equal([-1, float.PositiveInfinity], tensor.Min!.Value.ToArray());
    }

    [Fact]
    public void WrittenNumbersAreReadAsTheyWere()
    {
        var tensor = new TensorDocument("t", DataType.Int8, new Shape(3)) { Scale = [0.1, 1e-300, double.Epsilon], Offsets = [-128, 0, 127], Min = [float.NaN], Max = [1.1f, float.MaxValue, -0f] };
        TensorDocument read = Assert.Single(Read(Graph(Encoding.UTF8.GetString(ModelJson.Write(tensor)), Node)).Tensors);
        Assert.Equal(tensor.Scale.Value.ToArray(), read.Scale!.Value.ToArray());
        Assert.Equal(tensor.Offsets.Value.ToArray(), read.Offsets!.Value.ToArray());
        Assert.Equal(tensor.Min.Value.ToArray(), read.Min!.Value.ToArray());
        Assert.Equal(tensor.Max.Value.ToArray(), read.Max!.Value.ToArray());
    }

    [Fact]
    public void WhatMayBeAbsentMayBeNull()
    {
        TensorDocument tensor = Assert.Single(Read(Graph("""{"name":"t","type":"Int8","shape":[2],"constant":null,"scale":null,"zeroPoint":null,"offsets":null,"axis":null,"min":null,"max":null}""", Node)).Tensors);
        Assert.Null(tensor.Constant);
        Assert.Null(tensor.Scale);
        Assert.Null(tensor.ZeroPoint);
        Assert.Null(tensor.Offsets);
        Assert.Null(tensor.Axis);
        Assert.Null(tensor.Min);
        Assert.Null(tensor.Max);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"name\":\"g\"}")]
    public void AGraphThatIsIncompleteIsRefused(string json) => Refused(json);

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("""{"name":null,"type":"Int8","shape":[2]}""")]
    [InlineData("""{"name":"t","type":"Int7","shape":[2]}""")]
    [InlineData("""{"name":"t","type":9,"shape":[2]}""")]
    [InlineData("""{"name":"t","type":"Int8","shape":[-2]}""")]
    [InlineData("""{"name":"t","type":"Int8","shape":[2.5]}""")]
    [InlineData("""{"name":"t","type":"Int8","shape":[2147483648]}""")]
    [InlineData("""{"name":"t","type":"Int8","shape":null}""")]
    [InlineData("""{"name":"t","type":"Int8","shape":{}}""")]
    [InlineData("""{"name":"t","type":"Int8","shape":[[2]]}""")]
    [InlineData("""{"name":"t","type":"Int8","shape":[2],"constant":"64"}""")]
    [InlineData("""{"name":"t","type":"Int8","shape":[2],"scale":["1"]}""")]
    [InlineData("""{"name":"t","type":"Int8","shape":[2],"scale":[null]}""")]
    [InlineData("""{"name":"t","type":"Int8","shape":[2],"scale":1}""")]
    [InlineData("""{"name":"t","type":"Int8","shape":[2],"scale":"AACAvwAAgH"}""")]
    [InlineData("""{"name":"t","type":"Int8","shape":[2],"scale":"AACAvw=="}""")]
    [InlineData("""{"name":"t","type":"Int8","shape":[2],"min":"?"}""")]
    [InlineData("""{"name":"\ud800","type":"Int8","shape":[2]}""")]
    [InlineData("""{"name":"t","type":"Int8","shape":[2],"x":}""")]
    public void ATensorThatIsNoneIsRefused(string tensor) => Refused(Graph(tensor, Node));

    [Theory]
    [InlineData("null")]
    [InlineData("""{"op":"Relu","attributes":{},"inputs":[0],"outputs":[1]}""")]
    [InlineData("""{"name":"n","op":"Relu","inputs":[0],"outputs":[1]}""")]
    [InlineData("""{"name":"n","op":"Relu","attributes":{},"inputs":["0"],"outputs":[1]}""")]
    public void ANodeThatIsNoneIsRefused(string node) => Refused(Graph(Tensor, node));

    [Fact]
    public void NothingMayFollow() => Refused(Graph(Tensor, Node) + "{}");

    [Fact]
    public void DepthIsBounded() => Refused($$"""{"x":{{new string('[', 100_000)}}""");

    [Fact]
    public void AnUnfinishedDocumentIsRefusedAtEveryLength()
    {
        string json = Graph(Tensor, Node);
        Assert.Equal("g", Read(json).Name);
        for (int i = 0; i < json.Length; i++)
        {
            Refused(json[..i]);
        }
    }

    private static string Graph(string tensor, string node) => $$"""{"name":"g","inputs":[0],"outputs":[1],"tensors":[{{tensor}}],"nodes":[{{node}}]}""";

    private static GraphDocument Read(string json) =>
        ModelJson.Read(Encoding.UTF8.GetBytes(json), GraphDocument.Read, static what => new IpuException("Damaged", what, IpuErrorKind.InvalidFile));

    private static void Refused(string json) => Assert.Equal("Damaged", Assert.Throws<IpuException>(() => Read(json)).ErrorId);
}
