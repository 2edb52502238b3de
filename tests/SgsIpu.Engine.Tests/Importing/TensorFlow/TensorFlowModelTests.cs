using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using SgsIpu.Core;

namespace SgsIpu.Engine.Tests.Importing.TensorFlow;

/// <summary>Frozen TensorFlow graphs of the wild.</summary>
public sealed class TensorFlowModelTests
{
    /// <summary>Of the largest output: what reordered float sums may differ by.</summary>
    private const double Tolerance = 1e-4;

    [AssetTheory]
    [InlineData("pb/mobilenet_v1_0.25_224/mobilenet_v1_0.25_224_frozen.pb")]
    public void TheFloatModelComputesTheReference(string path)
    {
        string file = Assets.Model(path);
        IpuModel model = IpuEngine.Import(new ImportOptions(file));
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        Tensor x = Tensor.FromArray<float>(Values(file, "input.npy"), new Shape(1, 224, 224, 3));
        float[] got = runner.Run(new Dictionary<string, Tensor> { [model.Graph.Inputs[0]] = x }, CancellationToken.None)[Assert.Single(model.Graph.Outputs)].ToFloats();
        float[] expected = Values(file, "output_0.npy");
        Assert.Equal(expected.Length, got.Length);
        Assert.All(expected.Zip(got), p => Assert.InRange(Math.Abs(p.First - p.Second), 0, Tolerance * expected.Max(Math.Abs)));
    }

    /// <summary>
    /// Against OpenCV's dnn module, whose values <c>opencv.py</c> made, and against NumPy, where <c>posenet.py</c> made each 61st value.
    /// </summary>
    [AssetTheory]
    [InlineData("mnist_softmax/mnist.pb", "input", "1,784", "", "softmax", "1,10", 1)]
    [InlineData("speech_commands_conv/conv_actions_frozen.pb", "Reshape", "1,99,40,1", "Reshape", "labels_softmax", "1,12", 1)]
    [InlineData("tf_pose_mobilenet_v2_small/graph_opt.pb", "image", "1,224,224,3", "", "Openpose/concat_stage7", "1,28,28,57", 61)]
    public void TheFloatModelComputesWhatOthersDo(string path, string input, string shape, string cut, string output, string outputShape, int step)
    {
        ImmutableArray<int> sizes = [.. shape.Split(',').Select(int.Parse)];
        IpuModel model = IpuEngine.Import(new ImportOptions(Assets.Model("pb/" + path))
        {
            InputShapes = new Dictionary<string, ImmutableArray<int>> { [input] = sizes },
            InputNames = cut.Length == 0 ? [] : [cut],
        });
        Assert.Equal(output, Assert.Single(model.Graph.Outputs));
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        var shapeOf = new Shape(sizes.AsSpan());
        float[] values = input == "image" ? Values(Assets.Model("pb/mobilenet_v1_0.25_224/model.json"), "input.npy") : [.. Enumerable.Range(0, (int)shapeOf.Count).Select(i => i * 37 % 101 / 100f)];
        Tensor y = runner.Run(new Dictionary<string, Tensor> { [input] = Tensor.FromArray<float>(values, shapeOf) }, CancellationToken.None)[output];
        Assert.Equal(outputShape, string.Join(',', y.Shape));
        string folder = Path.Combine(AppContext.BaseDirectory, "Importing", "TensorFlow");
        float[] expected = step == 1
            ? JsonSerializer.Deserialize<Dictionary<string, float[]>>(File.ReadAllText(Path.Combine(folder, "models.json")))![path.Split('/')[0]]
            : JsonSerializer.Deserialize<float[]>(File.ReadAllText(Path.Combine(folder, "posenet.json")))!;
        float[] got = [.. y.ToFloats().Where((_, i) => i % step == 0)];
        Assert.Equal(expected.Length, got.Length);
        double error = expected.Zip(got).Max(p => Math.Abs((double)p.First - p.Second)) / (expected.Max() - expected.Min());
        Assert.InRange(error, 0, Tolerance);
    }

    private static float[] Values(string file, string name)
    {
        byte[] npy = File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(file)!, "reference", name));
        return MemoryMarshal.Cast<byte, float>(npy.AsSpan(10 + BitConverter.ToUInt16(npy, 8))).ToArray();
    }
}
