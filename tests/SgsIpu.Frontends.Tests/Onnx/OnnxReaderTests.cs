using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Frontends.Onnx;

namespace SgsIpu.Frontends.Tests.Onnx;

public sealed class OnnxReaderTests
{
    [Fact]
    public void WhatIsWrittenIsReadBack()
    {
        SourceGraph graph = OnnxReader.Read(OnnxWriter.Write(Small()), "small.onnx");
        Assert.Equal(["x"], graph.Inputs.Select(i => i.Name));
        Assert.Equal([-1, 3], graph.Inputs[0].Dimensions.ToArray());
        Assert.Equal(["Add", "Relu"], graph.Nodes.Select(n => n.OpType));
        Assert.Equal([1f, 2, 3], graph.Constants["c"].ToFloats());
        Assert.Equal(13, graph.Opset);
    }

    [Fact]
    public void LargeConstantsAreReadFromAFileAsFromMemory()
    {
        SourceGraph large = Large();
        OnFile(OnnxWriter.Write(large), path =>
        {
            SourceGraph graph = OnnxReader.Read(path);
            Assert.Equal(["Add", "Relu"], graph.Nodes.Select(n => n.OpType));
            Assert.Equal(large.Constants.Keys.Order(), graph.Constants.Keys.Order());
            foreach ((string name, Tensor value) in graph.Constants)
            {
                Assert.Equal(large.Constants[name].Shape, value.Shape);
                Assert.True(large.Constants[name].Bytes.SequenceEqual(value.Bytes));
            }
        });
    }

    [Fact]
    public void ALargeFileThatIsCutOffIsRefused()
    {
        byte[] whole = OnnxWriter.Write(Large());
        var random = new Random(12);
        for (int round = 0; round < 6; round++)
        {
            OnFile(whole[..random.Next(1, whole.Length)], path => Assert.Equal("OnnxDamaged", Assert.Throws<IpuException>(() => OnnxReader.Read(path)).ErrorId));
        }
    }

    [Fact]
    public void NodesOutOfOrderAreSorted()
    {
        SourceGraph small = Small();
        SourceGraph graph = OnnxReader.Read(OnnxWriter.Write(small with { Nodes = [.. small.Nodes.Reverse()] }), "small.onnx");
        Assert.Equal(["Add", "Relu"], graph.Nodes.Select(n => n.OpType));
    }

    [Fact]
    public void ACycleIsRefused()
    {
        SourceGraph small = Small();
        SourceNode add = small.Nodes[0] with { Inputs = ["y", "c"] };
        var e = Assert.Throws<IpuException>(() => OnnxReader.Read(OnnxWriter.Write(small with { Nodes = [add, small.Nodes[1]] }), "small.onnx"));
        Assert.Equal("OnnxCycle", e.ErrorId);
    }

    [Fact]
    public void DamagedFilesGiveOneClearError()
    {
        byte[] bytes = OnnxWriter.Write(Small());
        var random = new Random(11);
        int refused = 0;
        for (int round = 0; round < 600; round++)
        {
            byte[] damaged = round < bytes.Length ? bytes[..round] : [.. bytes];
            for (int i = 0; i < 3 && round >= bytes.Length; i++)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                _ = OnnxReader.Read(damaged, "damaged.onnx");
            }
            catch (IpuException e)
            {
                Assert.NotEmpty(e.Message);
                refused++;
            }
        }

        Assert.True(refused > bytes.Length / 2);
    }

    [Fact]
    public void ExternalDataOutsideTheModelsFolderIsRefused()
    {
        // initializer "c": FLOAT [1], data_location = EXTERNAL, location = "../secret"
        byte[] tensor = [0x08, 1, 0x10, 1, 0x42, 1, (byte)'c', 0x6A, 21, 0x0A, 8, .. "location"u8, 0x12, 9, .. "../secret"u8, 0x70, 1];
        byte[] graph = [0x2A, (byte)tensor.Length, .. tensor];
        byte[] model = [0x08, 8, 0x3A, (byte)graph.Length, .. graph, 0x42, 2, 0x10, 13];
        var e = Assert.Throws<IpuException>(() => OnnxReader.Read(model, "model.onnx"));
        Assert.Equal("OnnxExternalOutside", e.ErrorId);
    }

    /// <summary>Constants on both sides of those that are large.</summary>
    private static SourceGraph Large()
    {
        var random = new Random(10);
        SourceGraph small = Small();
        var constants = new Dictionary<string, Tensor>(small.Constants);
        foreach ((string name, int count) in ((string, int)[])[("a", 4_500_000), ("b", 7), ("d", 300_000)])
        {
            constants[name] = Tensor.FromArray<float>([.. Enumerable.Range(0, count).Select(_ => random.NextSingle())], count);
        }

        return small with { Constants = constants };
    }

    private static void OnFile(byte[] content, Action<string> test)
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.onnx");
        try
        {
            File.WriteAllBytes(path, content);
            test(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static SourceGraph Small() => new(
        "small",
        Framework.Onnx,
        [new SourceTensor("x", DataType.Float32, [-1, 3])],
        [new SourceTensor("y", DataType.Float32, [-1, 3])],
        [
            new SourceNode("a", "Add", ["x", "c"], ["s"], ImmutableDictionary<string, object>.Empty),
            new SourceNode("r", "Relu", ["s"], ["y"], ImmutableDictionary<string, object>.Empty),
        ],
        new Dictionary<string, Tensor> { ["c"] = Tensor.FromArray<float>([1, 2, 3], 3) })
    {
        OpsetVersions = ImmutableDictionary<string, int>.Empty.Add("", 13),
    };
}
