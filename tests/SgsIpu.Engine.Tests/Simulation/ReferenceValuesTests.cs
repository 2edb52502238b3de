using System.IO.Compression;
using SgsIpu.Core;
using SgsIpu.Engine.Comparison;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Simulation;

/// <summary>Comparisons with what the framework itself computes.</summary>
public sealed class ReferenceValuesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sgsipu-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void TheOriginalFileInOnnxRuntimeGivesWhatTheFloatModelGives()
    {
        IReadOnlyList<IpuTensorComparison> rows = Compare(SampleModel.Float, Path.Combine(SampleModel.Folder, "shapes.onnx"));
        Assert.Contains(rows, r => r.Tensor == "logits");
        Assert.Contains(rows, r => r.Shape.Rank == 4);
        Assert.All(rows, r => Assert.InRange(r.Sqnr, 90, double.PositiveInfinity));
    }

    [Fact]
    public void AFixedModelIsAsFarFromTheFrameworkAsFromTheFloatModel()
    {
        IpuTensorComparison framework = Compare(SampleModel.Fixed, Path.Combine(SampleModel.Folder, "shapes.onnx")).Single(r => r.Tensor == "logits");
        IpuTensorComparison model = Compare(SampleModel.Fixed, null).Single(r => r.Tensor == "logits");
        Assert.Equal(model.Sqnr, framework.Sqnr, 0.01);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ArraysInAFolderAreComparedInEitherLayout(bool channelsFirst)
    {
        string tensor = SampleModel.Float.Nodes.Select(n => n.Outputs[0]).First(o => SampleModel.Float.Graph[o].Shape is { Rank: 4 } s && s[1] > 1 && s[3] > 1 && s[3] != s[1]);
        foreach ((string sample, Tensor value) in Values(tensor))
        {
            File.WriteAllBytes(Path.Combine(_folder, $"{Path.GetFileNameWithoutExtension(sample)}_{tensor.Replace('/', '_')}.npy"), NpyFile.Write(channelsFirst ? First(value) : value));
        }

        IpuTensorComparison row = Assert.Single(Compare(SampleModel.Float, _folder));
        Assert.Equal((tensor, double.PositiveInfinity), (row.Tensor, row.Sqnr));
    }

    [Fact]
    public void OneArchiveHoldsARowForEachSample()
    {
        (string, Tensor Value)[] values = [.. Values("logits")];
        var all = new Tensor(DataType.Float32, new Shape([values.Length, .. values[0].Value.Shape.Skip(1)]), [.. values.SelectMany(v => v.Value.Bytes.ToArray())]);
        string file = Path.Combine(_folder, "all.npz");
        WriteArchive(file, ("logits", NpyFile.Write(all)), ("other", NpyFile.Write(all)));
        Assert.Equal(double.PositiveInfinity, Assert.Single(Compare(SampleModel.Float, file)).Sqnr);
        File.WriteAllBytes(Path.Combine(_folder, "all.npy"), NpyFile.Write(all));
        Assert.Equal("logits", Assert.Single(Compare(SampleModel.Float, Path.Combine(_folder, "all.npy"))).Tensor);
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        string file = Path.Combine(_folder, "few.npz");
        WriteArchive(file, ("logits", NpyFile.Write(Tensor.FromArray<float>([1, 2, 3], new Shape(1, 3)))));
        Assert.Equal("ReferenceShape", Refused(file));
        WriteArchive(file, ("nothing", NpyFile.Write(Tensor.FromArray<float>([1], new Shape(1)))));
        Assert.Equal("NothingToCompare", Refused(file));
        Assert.Equal("NothingToCompare", Refused(_folder));
        File.WriteAllBytes(file, [1, 2, 3]);
        Assert.Equal("NpzDamaged", Refused(file));
        Assert.Equal("FileNotFound", Refused(Path.Combine(_folder, "none.npz")));
    }

    [Fact]
    public void WhereBothLayoutsFitTheNearerOneIsMeant()
    {
        Tensor value = Tensor.FromArray<float>([1, 2, 3, 4, 5, 6, 7, 8], new Shape(1, 2, 2, 2));
        var wanted = new TensorSpec("x", DataType.Float32, new Shape(1, 2, 2, 2));
        float[] moved = [1, 5, 2, 6, 3, 7, 4, 8];
        Assert.Equal(moved, Arrangement.Of(value, wanted, moved));
        Assert.Equal(value.ToFloats(), Arrangement.Of(value, wanted, value.ToFloats()));
    }

    private static string Refused(string path) => Assert.Throws<IpuException>(() => Compare(SampleModel.Float, path)).ErrorId;

    private static void WriteArchive(string file, params (string Name, byte[] Array)[] arrays)
    {
        using FileStream stream = File.Create(file);
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create);
        foreach ((string name, byte[] array) in arrays)
        {
            using Stream entry = zip.CreateEntry(name + ".npy").Open();
            entry.Write(array);
        }
    }

    private static Tensor First(Tensor value)
    {
        (int h, int w, int c) = (value.Shape[1], value.Shape[2], value.Shape[3]);
        float[] x = value.ToFloats();
        return Tensor.FromArray<float>([.. Enumerable.Range(0, x.Length).Select(i => x[(i % (h * w) * c) + (i / (h * w))])], new Shape(1, c, h, w));
    }

    private static IEnumerable<(string Sample, Tensor Value)> Values(string tensor)
    {
        using FileSampleSource samples = SampleModel.Open(SampleModel.Float, "evaluation");
        using IModelRunner runner = IpuEngine.OpenRunner(SampleModel.Float, [tensor]);
        for (int i = 0; i < samples.Count; i++)
        {
            Sample sample = samples.Read(i, true, default);
            yield return (sample.Name, runner.Run(SampleModel.Float.Graph.Inputs.Zip(sample.Inputs).ToDictionary(p => p.First, p => p.Second), default)[tensor]);
        }
    }

    private static IReadOnlyList<IpuTensorComparison> Compare(IpuModel model, string? referenceOutput)
    {
        using FileSampleSource a = SampleModel.Open(SampleModel.Float, "evaluation");
        using FileSampleSource b = SampleModel.Open(model, "evaluation");
        return IpuEngine.Compare(SampleModel.Float, model, a, b, referenceOutput: referenceOutput);
    }
}
