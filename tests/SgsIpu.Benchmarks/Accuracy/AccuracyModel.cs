using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>A network with the pictures that it is calibrated and judged on.</summary>
/// <param name="Path">Below the folder of models.</param>
/// <param name="Score">Makes a judge for a level, which knows its targets.</param>
internal sealed record AccuracyModel(string Name, string Path, Func<AccuracyCase, Score> Score)
{
    private const int CalibrationImages = 100;

    public string? WeightFile { get; init; }

    public ImmutableArray<int> InputShape { get; init; } = [];

    /// <summary>Name of the input whose shape is given; null where ONNX Runtime can tell it.</summary>
    public string? InputName { get; init; }

    public string Colour { get; init; } = "RGB";

    public string Mean { get; init; } = "0";

    public string Std { get; init; } = "1";

    public Recipe Recipe { get; init; } = new();

    /// <summary>Folders or files below the folder of images.</summary>
    public string Calibration { get; init; } = "coco/calibration";

    public string Evaluation { get; init; } = "coco/evaluation";

    /// <summary>Parts of pictures in place of whole ones; null where whole ones are used.</summary>
    public Func<IpuModel, ISampleSource>? Parts { get; init; }

    public IpuModel Import(string convolutions)
    {
        string file = System.IO.Path.Combine(MobileNet.Assets, "models", Path);
        var options = new ImportOptions(file) { WeightFile = WeightFile is null ? null : System.IO.Path.Combine(MobileNet.Assets, "models", WeightFile) };
        if (!InputShape.IsEmpty)
        {
            options = options with { InputShapes = new Dictionary<string, ImmutableArray<int>> { [InputName ?? InputNameOf(file)] = InputShape } };
        }

        IpuModel model = IpuEngine.Import(options);
        string text = $"[INPUT_CONFIG]\ninputs={model.Graph.Inputs[0]};\ntraining_input_formats={Colour};\ninput_formats={Colour};\nquantizations=TRUE;\nmean={Mean};\nstd_value={Std};\n"
            + $"[OUTPUT_CONFIG]\noutputs={string.Join(',', model.Graph.Outputs)};\ndequantizations={string.Join(',', model.Graph.Outputs.Select(_ => "TRUE"))};\n"
            + (convolutions.Length > 0 ? $"[CONV_CONFIG]\ninput_format={convolutions};\n" : "");
        return model with { InputConfig = InputConfig.Parse(text, Name + ".ini") };
    }

    public ISampleSource CalibrationSamples(IpuModel model) => Parts?.Invoke(model) ?? Open(model, Files(Calibration, CalibrationImages));

    public ISampleSource EvaluationSamples(IpuModel model, int most) => Parts?.Invoke(model) ?? Open(model, Files(Evaluation, most));

    /// <summary>Pictures of the calibration folder that are not calibrated on: to choose on, so that those of the evaluation only measure.</summary>
    public ISampleSource SpareSamples(IpuModel model) => Open(model, [.. Files(Calibration, int.MaxValue).Except(Files(Calibration, CalibrationImages))]);

    /// <summary>Pictures below a folder of images, spread evenly where there are more than asked for.</summary>
    private static ImmutableArray<string> Files(string folder, int most)
    {
        string[] all =
        [
            .. Directory.EnumerateFiles(System.IO.Path.Combine(MobileNet.Assets, "images", folder), "*", SearchOption.AllDirectories)
                .Where(f => System.IO.Path.GetExtension(f) is ".jpg" or ".png" or ".JPEG")
                .Order(StringComparer.Ordinal),
        ];
        int count = Math.Min(most, all.Length);
        return [.. Enumerable.Range(0, count).Select(i => all[(long)i * all.Length / count])];
    }

    private FileSampleSource Open(IpuModel model, ImmutableArray<string> files) => SampleSources.Open(model, new SampleSourceOptions(files) { Preprocess = [Recipe] });

    /// <summary>Networks whose sizes are open name their only input here.</summary>
    private static string InputNameOf(string file)
    {
        using var session = new Microsoft.ML.OnnxRuntime.InferenceSession(file);
        return session.InputMetadata.Keys.Single();
    }
}
