using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Benchmarks;

/// <summary>MobileNetV2 with its photographs, from the folder of shared assets.</summary>
internal static class MobileNet
{
    private const string Config =
        "[INPUT_CONFIG]\ninputs=input;\ntraining_input_formats=RGB;\ninput_formats=BGR;\nquantizations=TRUE;\nmean=123.675:116.28:103.53;\nstd_value=58.395:57.12:57.375;\n"
        + "[OUTPUT_CONFIG]\noutputs=output;\ndequantizations=TRUE;\n";

    private static readonly Recipe Recipe = new() { ShorterSide = 256, Crop = (224, 224), Interpolation = Interpolation.PillowBilinear };

    /// <summary>The folder of SgsIpu.sln.</summary>
    public static string Root { get; } = FindRoot();

    public static string Assets => Path.Combine(Path.GetDirectoryName(Root)!, "shared", "assets");

    public static string File => Path.Combine(Assets, "models", "onnx", "mobilenetv2", "mobilenetv2.onnx");

    public static IpuModel Import() => IpuEngine.Import(new ImportOptions(File)) with { InputConfig = InputConfig.Parse(Config, "mobilenetv2.ini") };

    /// <summary>Photographs of "calibration" or "evaluation"; the list is repeated where more are asked for.</summary>
    public static ImmutableArray<string> Images(string folder, int count)
    {
        string[] all = [.. Directory.EnumerateFiles(Path.Combine(Assets, "images", "imagenet", folder)).Order(StringComparer.Ordinal)];
        return [.. Enumerable.Range(0, count).Select(i => all[i % all.Length])];
    }

    public static FileSampleSource Open(IpuModel model, ImmutableArray<string> images) => SampleSources.Open(model, new SampleSourceOptions(images) { Preprocess = [Recipe] });

    /// <summary>Class of a photograph, by the synset that its name begins with.</summary>
    public static int ClassOf(string image)
    {
        string synset = Path.GetFileName(image).Split('_')[0];
        return Array.FindIndex(System.IO.File.ReadAllLines(Path.Combine(Assets, "images", "synsets.txt")), l => l.StartsWith(synset, StringComparison.Ordinal));
    }

    /// <summary>Samples held in memory, so that decoding is no part of what is measured.</summary>
    public static ISampleSource Preloaded(IpuModel model, ImmutableArray<string> images)
    {
        using FileSampleSource source = Open(model, images);
        return new Held([.. Enumerable.Range(0, source.Count).Select(i => source.Read(i, model.Stage == IpuStage.Float, CancellationToken.None))]);
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder.FullName, "SgsIpu.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("run it inside the repository");
    }

    private sealed class Held(ImmutableArray<Sample> samples) : ISampleSource
    {
        public int Count => samples.Length;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken) => samples[index];
    }
}
