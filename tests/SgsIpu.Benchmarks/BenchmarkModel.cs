using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Benchmarks;

/// <summary>A network of the folder of shared assets, as the speed benchmark runs it.</summary>
/// <param name="File">Below the folder of models.</param>
/// <param name="Images">Below the folder of images.</param>
/// <param name="Target">Time of the 8-bit model over ONNX Runtime's float time that is aimed at.</param>
internal sealed record BenchmarkModel(string Name, string File, int Height, int Width, string Images, string Colour, string Mean, string Deviation, double Target)
{
    public static ImmutableArray<BenchmarkModel> All { get; } =
    [
        new("MobileNetV2", "onnx/mobilenetv2/mobilenetv2.onnx", 224, 224, "imagenet/calibration", "RGB", "123.675:116.28:103.53", "58.395:57.12:57.375", 0.5),
        new("SqueezeNet", "caffe/squeezenet_v1.1/deploy.prototxt", 227, 227, "imagenet/calibration", "RGB", "123.675:116.28:103.53", "58.395:57.12:57.375", 0.6) { Weights = "caffe/squeezenet_v1.1/squeezenet_v1.1.caffemodel" },
        new("YOLOX-nano", "onnx/yolox_nano/yolox_nano.onnx", 416, 416, "coco/calibration", "BGR", "0", "1", 0.6),
        new("UltraFace", "onnx/ultraface_rfb320/version-RFB-320_simplified.onnx", 240, 320, "face", "RGB", "127", "128", 0.6),
    ];

    /// <summary>Caffe's weights, below the folder of models.</summary>
    public string? Weights { get; init; }

    public string FullPath => Path.Combine(MobileNet.Assets, "models", File);

    /// <param name="format">ALL_UINT8, ALL_INT16 or nothing, for what the calibrator decides.</param>
    public IpuModel Import(string format)
    {
        IpuModel model = IpuEngine.Import(new ImportOptions(FullPath) { WeightFile = Weights is null ? null : Path.Combine(MobileNet.Assets, "models", Weights) });
        string conv = format.Length > 0 ? $"[CONV_CONFIG]\ninput_format={format};\n" : "";
        string text = $"[INPUT_CONFIG]\ninputs={model.Graph.Inputs[0]};\ntraining_input_formats={Colour};\ninput_formats=BGR;\nquantizations=TRUE;\nmean={Mean};\nstd_value={Deviation};\n"
            + $"[OUTPUT_CONFIG]\noutputs={string.Join(',', model.Graph.Outputs)};\ndequantizations={string.Join(',', model.Graph.Outputs.Select(_ => "TRUE"))};\n{conv}";
        return model with { InputConfig = InputConfig.Parse(text, Name + ".ini") };
    }

    /// <summary>The fixed model, from a few images.</summary>
    public static IpuModel Calibrate(IpuModel model, ImmutableArray<string> images)
    {
        using FileSampleSource samples = SampleSources.Open(model, new SampleSourceOptions(images));
        return IpuEngine.Calibrate(model, new CalibrationOptions(samples) { Level = CalibrationLevel.L1 });
    }

    /// <summary>The network as ONNX: its own file, or its float model exported to a temporary one.</summary>
    /// <param name="temporary">The file to write, if one is needed.</param>
    public string OnnxFile(string temporary)
    {
        if (FullPath.EndsWith(".onnx", StringComparison.Ordinal))
        {
            return FullPath;
        }

        IpuEngine.Export(Import(""), temporary, ModelFormat.Onnx, overwrite: true);
        return temporary;
    }

    public ImmutableArray<string> Photographs(int count)
    {
        string folder = Path.Combine(MobileNet.Assets, "images", Images);
        return [.. Directory.EnumerateFiles(folder, "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Take(count)];
    }

    /// <summary>The first image as a model takes it.</summary>
    public Dictionary<string, Tensor> FirstInputs(IpuModel model)
    {
        using FileSampleSource samples = SampleSources.Open(model, new SampleSourceOptions(Photographs(1)));
        return new Dictionary<string, Tensor> { [model.Graph.Inputs[0]] = samples.Read(0, model.Stage == IpuStage.Float, CancellationToken.None).Inputs[0] };
    }
}
