using System.Collections.Immutable;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>The networks of the table and their targets.</summary>
internal static class AccuracyModels
{
    private const string ImageNetMean = "123.675:116.28:103.53";
    private const string ImageNetStd = "58.395:57.12:57.375";

    private static readonly Dictionary<string, int> VisualWakeWords = Labels("vww/labels.txt");
    private static readonly Dictionary<string, int> Cifar = Labels("cifar10/labels.txt");

    public static ImmutableArray<AccuracyModel> All { get; } =
    [
        new("mobilenetv2", "onnx/mobilenetv2/mobilenetv2.onnx", c => new ClassificationScore(MobileNet.ClassOf, c.IsNarrow ? 0.5 : 0.3, c.IsNarrow ? 96.5 : 97.5))
        {
            Mean = ImageNetMean,
            Std = ImageNetStd,
            Recipe = new Recipe { ShorterSide = 256, Crop = (224, 224), Interpolation = Interpolation.PillowBilinear },
            Calibration = "imagenet/calibration",
            Evaluation = "imagenet/evaluation",
        },
        new("squeezenet", "caffe/squeezenet_v1.1/deploy.prototxt", _ => new ClassificationScore(MobileNet.ClassOf, 0.3))
        {
            WeightFile = "caffe/squeezenet_v1.1/squeezenet_v1.1.caffemodel",
            Mean = ImageNetMean,
            Std = ImageNetStd,
            Recipe = new Recipe { ShorterSide = 256, Crop = (227, 227), Interpolation = Interpolation.PillowBilinear },
            Calibration = "imagenet/calibration",
            Evaluation = "imagenet/evaluation",
        },
        new("yolox", "onnx/yolox_nano/yolox_nano.onnx", _ => new DetectionScore(Decoders.Yolox))
        {
            Colour = "BGR",
            Recipe = new Recipe { Letterbox = (416, 416), TopLeft = true },
            Spare = "imagenet/evaluation",
        },
        new("ultraface", "onnx/ultraface_rfb320/version-RFB-320.onnx", _ => new DetectionScore(Decoders.UltraFace))
        {
            Mean = "127",
            Std = "128",
            Recipe = new Recipe { Size = (320, 240) },
        },
        new("retinaface", "caffe/retinaface_mnet025/deploy.prototxt", _ => new DetectionScore(Decoders.DetectionOutput))
        {
            WeightFile = "caffe/retinaface_mnet025/Widerface-RetinaFace.caffemodel",
            Colour = "BGR",
            Mean = "104:117:123",
            Recipe = new Recipe { Size = (640, 640) },
        },
        new("ppocr_rec", "onnx/ppocr_v4_rec/ch_PP-OCRv4_rec_infer.onnx", _ => new TextScore())
        {
            InputShape = [1, 3, TextLines.Height, TextLines.Width],
            Colour = "BGR",
            Mean = "127.5",
            Std = "127.5",
            Parts = TextLines.Open,
            Calibration = "text,imagenet/calibration",
            Evaluation = "text",
            Spare = "imagenet/evaluation,coco/evaluation",
        },
        new("deeplab", "tflite/deeplabv3_257/deeplabv3.tflite", _ => new SegmentationScore())
        {
            Mean = "127.5",
            Std = "127.5",
            Recipe = new Recipe { Size = (257, 257) },
        },
        new("selfie", "tflite/selfie_segmentation/selfie_segmentation.tflite", _ => new SegmentationScore())
        {
            Std = "255",
            Recipe = new Recipe { Size = (256, 256) },
        },
        new("vww", "tflite/vww_96/vww_96_float.tflite", _ => new ClassificationScore(f => VisualWakeWords[Path.GetFileName(f)], 0.3))
        {
            Std = "255",
            Recipe = new Recipe { Size = (96, 96) },
            Evaluation = "vww",
        },
        new("resnet8", "tflite/resnet8_cifar10/pretrainedResnet.tflite", _ => new ClassificationScore(f => Cifar[Path.GetFileName(f)], 0.3))
        {
            Calibration = "cifar10",
            Evaluation = "cifar10",
        },
    ];

    private static Dictionary<string, int> Labels(string file) => File.ReadLines(Path.Combine(MobileNet.Assets, "images", file))
        .Select(l => l.Split([' ', ',', '\t'], StringSplitOptions.RemoveEmptyEntries))
        .ToDictionary(p => Path.GetFileName(p[0]), p => int.Parse(p[1], System.Globalization.CultureInfo.InvariantCulture), StringComparer.Ordinal);
}
