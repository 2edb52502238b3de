using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Engine.Tests.Importing;

/// <summary>Caffe networks of the wild against what OpenCV computes for them.</summary>
public sealed class CaffeModelTests
{
    /// <summary>Of the largest output: what reordered float sums may differ by.</summary>
    private const double Tolerance = 1e-4;

    [AssetTheory]
    [InlineData("caffe/lenet/lenet.prototxt", "lenet_iter_9000.caffemodel", "data", "1,1,28,28", "prob")]
    [InlineData("caffe/retinaface_mnet025/deploy.prototxt", "Widerface-RetinaFace.caffemodel", "data", "1,3,192,192", "detection_out")]
    [InlineData("caffe/squeezenet_v1.1/deploy.prototxt", "squeezenet_v1.1.caffemodel", "data", "1,3,227,227", "prob")]
    [InlineData("caffe/ultraface_rfb320/RFB-320.prototxt", "", "input", "1,3,240,320", "boxes,scores")]
    [InlineData("caffe/wechat_sr/sr.prototxt", "", "data", "1,1,96,96", "fc")]
    public void TheFloatModelComputesTheReference(string path, string weights, string input, string shape, string outputs)
    {
        string file = Assets.Model(path);
        var sizes = new Shape([.. shape.Split(',').Select(s => int.Parse(s, CultureInfo.InvariantCulture))]);
        IpuModel model = IpuEngine.Import(new ImportOptions(file)
        {
            WeightFile = weights.Length == 0 ? null : Path.Combine(Path.GetDirectoryName(file)!, weights),
            InputShapes = new Dictionary<string, ImmutableArray<int>> { [input] = sizes.Dimensions },
        });
        Assert.Equal(outputs.Split(','), model.Graph.Outputs);
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        Tensor x = Tensor.FromArray<float>(Values(file, "input.npy"), sizes).Transpose(0, 2, 3, 1);
        IReadOnlyDictionary<string, Tensor> actual = runner.Run(new Dictionary<string, Tensor> { [input] = x }, CancellationToken.None);
        for (int i = 0; i < model.Graph.Outputs.Length; i++)
        {
            Tensor y = actual[model.Graph.Outputs[i]];
            float[] got = (y.Shape.Rank == 4 && model.Graph.Outputs[i] != "detection_out" ? y.Transpose(0, 3, 1, 2) : y).ToFloats();
            float[] expected = Values(file, $"output_{i}.npy");
            Assert.Equal(expected.Length, got.Length);
            double largest = expected.Max(Math.Abs);
            double error = expected.Zip(got, (a, b) => Math.Abs(a - b)).Max();
            Assert.True(error <= Tolerance * largest, $"{model.Graph.Outputs[i]}: {error / largest:g3} of the range");
        }
    }

    private static float[] Values(string file, string name)
    {
        byte[] npy = File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(file)!, "reference", name));
        return MemoryMarshal.Cast<byte, float>(npy.AsSpan(10 + BitConverter.ToUInt16(npy, 8))).ToArray();
    }
}
