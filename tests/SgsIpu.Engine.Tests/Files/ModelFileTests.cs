using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Engine.Compilation;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Files;

/// <summary>Model files of our own: what is written is read again, and what is damaged is refused with one clear error.</summary>
public sealed class ModelFileTests
{
    private const int Mutations = 3000;

    private static readonly IpuModel Offline = IpuEngine.Compile(SampleModel.Fixed, new CompileOptions());

    [Fact]
    public void ASimGivesTheSameModelBack()
    {
        foreach (IpuModel model in new[] { SampleModel.Float, SampleModel.Fixed })
        {
            byte[] file = SimFile.Write(model);
            IpuModel again = SimFile.Read(file, "again.sim");
            Assert.Equal((model.Name, model.Stage, model.SocVersion), (again.Name, again.Stage, again.SocVersion));
            Assert.Equal(model.InputConfig!.Text, again.InputConfig!.Text);
            Assert.Equal(model.Nodes.Select(n => n.ToString()), again.Nodes.Select(n => n.ToString()));
            Assert.Equal(file, SimFile.Write(again with { SourcePath = model.SourcePath }));
            Assert.Equal(Logits(model), Logits(again));
        }
    }

    [Fact]
    public void AnImageGivesTheSameModelBackAndTheSameIntegers()
    {
        byte[] file = ImageWriter.Write(Offline);
        IpuModel again = ImageReader.Read(file, "again.img");
        Assert.Equal(file, ImageWriter.Write(again with { SourcePath = Offline.SourcePath }));
        Assert.Equal(Logits(SampleModel.Fixed), Logits(again));
    }

    [Fact]
    public void AnImagesConstantsAreSlicesOfTheFile()
    {
        byte[] file = ImageWriter.Write(Offline);
        IpuModel again = ImageReader.Read(file, "again.img");
        Assert.All(again.Graph.Tensors.Values.Where(t => t.IsConstant), t =>
        {
            Assert.True(MemoryMarshal.TryGetArray(t.Constant!.Memory, out ArraySegment<byte> bytes));
            Assert.Same(file, bytes.Array);
            Assert.Equal(0, bytes.Offset % MemoryPlanner.Alignment);
            Assert.Equal(Offline.Graph[t.Name].Constant!.Bytes, bytes.AsSpan());
        });
    }

    [Fact]
    public void ADamagedSimIsRefused() =>
        Mutate(SimFile.Write(SampleModel.Fixed), static bytes => SimFile.Read(bytes, "x.sim"), ["SimDamaged", "NotASim", "SimVersion", "UnknownOperator", "UnknownSoc", "InvalidGraph", "ConfigSyntax"]);

    [Fact]
    public void ADamagedImageIsRefused() =>
        Mutate(ImageWriter.Write(Offline), static bytes => ImageReader.Read(bytes, "x.img"), ["ImageDamaged", "NotAnImage", "ImageVersion", "ImageTruncated"]);

    [Fact]
    public void AnImageWithARepairedChecksumIsStillVerified()
    {
        byte[] file = ImageWriter.Write(Offline);
        var random = new Random(11);
        for (int i = 0; i < Mutations; i++)
        {
            byte[] bytes = [.. file];
            bytes[random.Next(64, Math.Min(bytes.Length, 24_000))] = (byte)random.Next(256);
            ImageLayout.Digest(bytes).CopyTo(bytes, ImageLayout.DigestAt);
            Refused(() => ImageReader.Read(bytes, "x.img"), null);
        }
    }

    [Fact]
    public void ATruncatedFileIsRefusedAtEveryLength()
    {
        byte[] image = ImageWriter.Write(Offline);
        byte[] sim = SimFile.Write(SampleModel.Fixed);
        for (int i = 0; i < 200; i++)
        {
            byte[] shortImage = image[..(int)((long)image.Length * i / 200)];
            byte[] shortSim = sim[..(int)((long)sim.Length * i / 200)];
            Assert.Contains(Assert.Throws<IpuException>(() => ImageReader.Read(shortImage, "x.img")).ErrorId, (string[])["ImageTruncated", "NotAnImage"]);
            Assert.Equal("SimDamaged", Assert.Throws<IpuException>(() => SimFile.Read(shortSim, "x.sim")).ErrorId);
        }
    }

    /// <summary>An independent reader of the public schema: root table, subgraph 0, names and shapes of its tensors.</summary>
    [Fact]
    public void ASimIsATfLiteFile()
    {
        byte[] file = SimFile.Write(SampleModel.Fixed);
        Assert.Equal("TFL3", System.Text.Encoding.ASCII.GetString(file, 4, 4));
        int Int(int at) => BitConverter.ToInt32(file, at);
        int Field(int table, int field) => BitConverter.ToUInt16(file, table - Int(table)) is var length && 4 + (field * 2) < length && BitConverter.ToUInt16(file, table - Int(table) + 4 + (field * 2)) is var offset and > 0 ? table + offset : 0;
        int Follow(int at) => at + Int(at);
        int[] Vector(int at) => [.. Enumerable.Range(0, Int(Follow(at))).Select(i => Follow(at) + 4 + (i * 4))];

        int root = Follow(0);
        Assert.Equal(3, Int(Field(root, 0)));
        int graph = Follow(Assert.Single(Vector(Field(root, 2))));
        int[] tensors = [.. Vector(Field(graph, 0)).Select(Follow)];
        string Name(int table) => Follow(Field(table, 3)) is var at ? System.Text.Encoding.UTF8.GetString(file, at + 4, Int(at)) : "";
        int[] Shape(int table) => [.. Vector(Field(table, 0)).Select(Int)];
        Dictionary<string, int> byName = tensors.ToDictionary(Name);

        // What is an attribute of ours and an input of TFLite's stands beside the model's own tensors.
        Assert.Equal(SampleModel.Fixed.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), byName.Keys.Where(k => !k.Contains("/tflite", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.All(SampleModel.Fixed.Tensors, t => Assert.Equal(t.Shape.ToArray(), Shape(byName[t.Name])));
        Assert.Equal(3, file[Field(byName["stem_relu"], 1)]);
        Assert.All(Vector(Field(root, 4)).Select(Follow).Where(b => Field(b, 0) > 0), b => Assert.Equal(0, (Follow(Field(b, 0)) + 4) % 16));
        Assert.Equal(SampleModel.Fixed.Nodes.Length, Vector(Field(graph, 3)).Length);
        int[] codes = [.. Vector(Field(root, 1)).Select(Follow).Select(c => Int(Field(c, 3)))];
        Assert.Contains(3, codes);
        Assert.Contains(4, codes);
    }

    private static float[] Logits(IpuModel model)
    {
        using FileSampleSource samples = SampleModel.Open(model, "evaluation/ring_00.png");
        return Assert.Single(IpuEngine.Run(model, new RunOptions(samples))).Outputs["logits"].ToFloats();
    }

    private static void Mutate(byte[] file, Func<byte[], IpuModel> read, string[] allowed)
    {
        var random = new Random(3);
        for (int i = 0; i < Mutations; i++)
        {
            byte[] bytes = [.. file];
            for (int k = random.Next(1, 8); k > 0; k--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            Refused(() => read(bytes), allowed);
        }
    }

    /// <summary>A change may go unseen (it hit a weight); if not, the error is one of the format's own.</summary>
    private static void Refused(Func<IpuModel> read, string[]? allowed)
    {
        try
        {
            Assert.NotNull(read());
        }
        catch (IpuException e)
        {
            Assert.True(allowed is null || allowed.Contains(e.ErrorId) || e.ErrorId.StartsWith("Config", StringComparison.Ordinal), e.ErrorId + ": " + e.Message);
        }
    }
}
