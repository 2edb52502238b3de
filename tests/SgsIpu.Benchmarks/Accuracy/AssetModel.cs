using System.Collections.Immutable;
using SgsIpu.Engine;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>A network of the shared assets with the pictures that it is calibrated on.</summary>
/// <param name="Path">Below the folder of models.</param>
internal record AssetModel(string Name, string Path)
{
    protected const int CalibrationImages = 100;

    public string? WeightFile { get; init; }

    /// <summary>Shape of the only input, in the framework's order; empty where the file has it.</summary>
    public ImmutableArray<int> InputShape { get; init; } = [];

    /// <summary>Tensor that the network is cut at, to become its input; null for none.</summary>
    public string? Cut { get; init; }

    public string Colour { get; init; } = "RGB";

    public string Mean { get; init; } = "0";

    public string Std { get; init; } = "1";

    public Recipe Recipe { get; init; } = new();

    /// <summary>A folder below the folder of images, or a file there; several folders between commas where parts are made of them.</summary>
    public string Calibration { get; init; } = "coco/calibration";

    /// <summary>Makes arrays or parts of the pictures of folders, at most so many, in place of whole pictures; null where whole ones are used.</summary>
    public Func<string, int, ISampleSource>? Parts { get; init; }

    /// <summary>True where samples are arrays, so that there is no colour to tell.</summary>
    public bool IsRaw { get; init; }

    public string FullPath => System.IO.Path.Combine(MobileNet.Assets, "models", Path);

    public ImportOptions Options(ImmutableArray<int> shape) => new(FullPath)
    {
        WeightFile = WeightFile is null ? null : System.IO.Path.Combine(MobileNet.Assets, "models", WeightFile),
        InputShapeList = shape.IsEmpty ? [] : [shape],
        InputNames = Cut is null ? [] : [Cut],
    };

    /// <param name="convolutions">ALL_UINT8, ALL_INT16 or nothing, for what the calibrator decides.</param>
    public IpuModel Import(string convolutions)
    {
        IpuModel model = IpuEngine.Import(Options(InputShape));
        if (IsRaw)
        {
            return model;
        }

        string text = $"[INPUT_CONFIG]\ninputs={model.Graph.Inputs[0]};\ntraining_input_formats={Colour};\ninput_formats={Colour};\nquantizations=TRUE;\nmean={Mean};\nstd_value={Std};\n"
            + $"[OUTPUT_CONFIG]\noutputs={string.Join(',', model.Graph.Outputs)};\ndequantizations={string.Join(',', model.Graph.Outputs.Select(_ => "TRUE"))};\n"
            + (convolutions.Length > 0 ? $"[CONV_CONFIG]\ninput_format={convolutions};\n" : "");
        return model with { InputConfig = InputConfig.Parse(text, Name + ".ini") };
    }

    /// <param name="most">Samples at most.</param>
    public ISampleSource CalibrationSamples(IpuModel model, int most = CalibrationImages) => Parts?.Invoke(Calibration, most) ?? Open(model, Files(Calibration, most));

    /// <summary>Pictures below a folder of images, or one of them, spread evenly where there are more than asked for.</summary>
    public static ImmutableArray<string> Files(string folder, int most)
    {
        string path = System.IO.Path.Combine(MobileNet.Assets, "images", folder);
        if (File.Exists(path))
        {
            return [path];
        }

        string[] all =
        [
            .. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
                .Where(f => System.IO.Path.GetExtension(f) is ".jpg" or ".png" or ".JPEG")
                .Order(StringComparer.Ordinal),
        ];
        int count = Math.Min(most, all.Length);
        return [.. Enumerable.Range(0, count).Select(i => all[(long)i * all.Length / count])];
    }

    protected FileSampleSource Open(IpuModel model, ImmutableArray<string> files) => SampleSources.Open(model, new SampleSourceOptions(files) { Preprocess = [Recipe] });
}
