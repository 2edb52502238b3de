using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Importing;

/// <summary>TFLite models of the wild: real numbers, float16 weights behind DEQUANTIZE, and integer weights.</summary>
public sealed class TfLiteModelTests
{
    /// <summary>Of the largest output: what reordered float sums may differ by.</summary>
    private const double Tolerance = 1e-4;

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
            Assert.Equal(expected.Length, got.Length);
            double range = expected.Max() - expected.Min();
            double error = expected.Zip(got).Max(p => Math.Abs(p.First - p.Second));
            Assert.True(error <= Tolerance * range, $"{model.Graph.Outputs[i]}: {error} of {range}");
        }
    }

    private static Tensor Reference(string file, string name) =>
        NpyFile.Read(File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(file)!, "reference", name + ".npy")), name);
}
