using System.Buffers.Binary;
using System.Text.Json;
using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Importing.TfLite;

/// <summary>TFLite models of the wild: real numbers, float16 weights behind DEQUANTIZE, and integer weights.</summary>
public sealed class TfLiteModelTests
{
    /// <summary>Of the largest output: what reordered float sums may differ by.</summary>
    private const double Tolerance = 1e-4;

    private const int Step = 211;

    [AssetTheory]
    [InlineData("mobilenet_v1_0.25_224/mobilenet_v1_0.25_224_1_default_1.tflite", 31)]
    [InlineData("vww_96/vww_96_float.tflite", 31)]
    [InlineData("resnet8_cifar10/pretrainedResnet.tflite", 19)]
    [InlineData("kws_dscnn/kws_ref_model_float32.tflite", 13)]
    [InlineData("face_detection_short_range/face_detection_short_range.tflite", 89)]
    public void TheFloatModelComputesTheReference(string path, int nodes)
    {
        string file = Assets.Model("tflite/" + path);
        IpuModel model = IpuEngine.Import(new ImportOptions(file));
        Assert.Equal(nodes, model.Nodes.Length);
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        string input = Assert.Single(model.Graph.Inputs);
        IReadOnlyDictionary<string, Tensor> actual = runner.Run(new Dictionary<string, Tensor> { [input] = Reference(file, "input").Reshape(model.Graph[input].Shape) }, CancellationToken.None);
        for (int i = 0; i < model.Graph.Outputs.Length; i++)
        {
            float[] expected = Reference(file, $"output_{i}").ToFloats();
            float[] got = actual[model.Graph.Outputs[i]].ToFloats();
            AssertClose(expected, got, Tolerance);
        }
    }

    /// <summary>
    /// Against the TFLite runtime, each 211th element. What it does not know, the custom operator at the end of the second model and the sigmoid
    /// behind it, is computed here pixel by pixel. To make the values anew: as for <see cref="TfLiteOperatorTests"/>, with 211 behind the folder.
    /// </summary>
    [AssetTheory]
    [InlineData("deeplabv3_257/deeplabv3.tflite", "mobilenet_v1_0.25_224", 257, "ResizeBilinear_3", 70)]
    [InlineData("selfie_segmentation/selfie_segmentation.tflite", "face_detection_short_range", 256, "add_13__xeno_compat__1", 114)]
    public void TheFloatModelComputesWhatTheRuntimeDoes(string path, string picture, int side, string output, int nodes)
    {
        string file = Assets.Model("tflite/" + path);
        Tensor x = Enlarged(Reference(Assets.Model($"tflite/{picture}/model.json"), "input"), side);
        string name = Path.GetFileNameWithoutExtension(file);
        if (name == "selfie_segmentation")
        {
            x = Tensor.FromArray<float>([.. x.ToFloats().Select(v => (v + 1) / 2)], x.Shape);
        }

        Keep(name, file, x);
        IpuModel whole = IpuEngine.Import(new ImportOptions(file));
        Assert.Equal(nodes, whole.Nodes.Length);
        string last = whole.Graph.Outputs[0];
        IpuModel model = IpuEngine.Import(new ImportOptions(file) { OutputNames = [.. new[] { output, last }.Distinct()] });
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        IReadOnlyDictionary<string, Tensor> actual = runner.Run(new Dictionary<string, Tensor> { [model.Graph.Inputs[0]] = x }, CancellationToken.None);
        float[] expected = JsonSerializer.Deserialize<Dictionary<string, float[][]>>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Importing", "TfLite", "models.json")))![name][0];
        AssertClose(expected, [.. actual[output].ToFloats().Where((_, i) => i % Step == 0)], Tolerance);
        if (last != output)
        {
            AssertClose(Doubled(file, actual[output]), actual[last].ToFloats(), Tolerance);
        }
    }

    /// <summary>The last two operators of the selfie model: a transposed convolution by 2×2 windows that do not overlap, and a sigmoid.</summary>
    private static float[] Doubled(string file, Tensor x)
    {
        SourceGraph source = Frontends.ModelReader.Read(file);
        Tensor w = source.Constants["segment/Kernel"];
        Assert.Equal(new Shape(1, 2, 2, x.Shape[3]), w.Shape);
        (int height, int width, int channels) = (x.Shape[1], x.Shape[2], x.Shape[3]);
        var y = new float[4 * height * width];
        for (int i = 0; i < y.Length; i++)
        {
            (int row, int column) = (i / (2 * width), i % (2 * width));
            double sum = source.Constants["segment/Bias"].ToFloats()[0];
            for (int c = 0; c < channels; c++)
            {
                sum += x.As<float>()[((((row / 2) * width) + (column / 2)) * channels) + c] * (double)w.As<float>()[((((row % 2) * 2) + (column % 2)) * channels) + c];
            }

            y[i] = (float)(1 / (1 + Math.Exp(-sum)));
        }

        return y;
    }

    private static void AssertClose(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double range = expected.Max() - expected.Min();
        double error = expected.Zip(actual).Max(p => Math.Abs((double)p.First - p.Second));
        Assert.True(error <= tolerance * range, $"{error} of {range}");
    }

    /// <summary>A picture at another size, each pixel the one that is there.</summary>
    private static Tensor Enlarged(Tensor picture, int side)
    {
        int from = picture.Shape[1];
        var result = new Tensor(DataType.Float32, new Shape(1, side, side, 3));
        for (int i = 0; i < side * side; i++)
        {
            int source = (((i / side * from / side) * from) + (i % side * from / side)) * 3;
            picture.As<float>().Slice(source, 3).CopyTo(result.As<float>()[(i * 3)..]);
        }

        return result;
    }

    private static void Keep(string name, string file, Tensor x)
    {
        if (Environment.GetEnvironmentVariable("SGSIPU_TFLITE_CASES") is not { Length: > 0 } folder)
        {
            return;
        }

        string models = Path.Combine(folder, "models");
        Directory.CreateDirectory(models);
        byte[] bytes = File.ReadAllBytes(file);
        if (name == "selfie_segmentation")
        {
            Shorten(bytes, 244);
        }

        File.WriteAllBytes(Path.Combine(models, name + ".tflite"), bytes);
        File.WriteAllBytes(Path.Combine(models, name + ".0.bin"), x.Bytes.ToArray());
    }

    /// <summary>Ends a model, in its bytes, before an operator; the first tensor that it reads becomes the output.</summary>
    private static void Shorten(Span<byte> file, int operators)
    {
        int graph = Follow(file, Follow(file, Field(file, Follow(file, 0), 2)) + 4);
        int list = Follow(file, Field(file, graph, 3));
        int inputs = Follow(file, Field(file, Follow(file, list + 4 + (4 * operators)), 1));
        file.Slice(inputs + 4, 4).CopyTo(file[(Follow(file, Field(file, graph, 2)) + 4)..]);
        BinaryPrimitives.WriteInt32LittleEndian(file[list..], operators);

        static int Follow(Span<byte> file, int at) => at + BinaryPrimitives.ReadInt32LittleEndian(file[at..]);
        static int Field(Span<byte> file, int table, int field) =>
            table + BinaryPrimitives.ReadUInt16LittleEndian(file[(table - BinaryPrimitives.ReadInt32LittleEndian(file[table..]) + 4 + (2 * field))..]);
    }

    private static Tensor Reference(string file, string name) =>
        NpyFile.Read(File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(file)!, "reference", name + ".npy")), name);
}
