using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SgsIpu.Core;
using SgsIpu.Ops;
using Tensor = SgsIpu.Core.Tensor;

namespace SgsIpu.Engine.Tests.Importing;

public sealed class FloatEquivalenceTests
{
    /// <summary>Of the largest output: what reordered float sums may differ by.</summary>
    private const double Tolerance = 1e-4;

    [AssetTheory]
    [InlineData("onnx/mobilenetv2/mobilenetv2.onnx", 224, 224, 0)]
    [InlineData("onnx/yolox_nano/yolox_nano.onnx", 416, 416, 0)]
    [InlineData("onnx/ultraface_rfb320/version-RFB-320.onnx", 240, 320, 0)]
    [InlineData("onnx/ultraface_rfb320/version-RFB-320_simplified.onnx", 240, 320, 0)]
    [InlineData("onnx/ppocr_v4_det/ch_PP-OCRv4_det_infer.onnx", 448, 352, 0)]
    [InlineData("onnx/ppocr_v4_rec/ch_PP-OCRv4_rec_infer.onnx", 48, 222, 9)]
    public void TheFloatModelComputesWhatTheFileSays(string path, int height, int width, int transposes)
    {
        string file = Assets.Model(path);
        string name = InputOf(file);
        IpuModel model = IpuEngine.Import(new ImportOptions(file) { InputShapes = new Dictionary<string, ImmutableArray<int>> { [name] = [1, 3, height, width] } });
        Assert.InRange(model.Nodes.Count(n => n.Op is TransposeOp), 0, transposes);

        using var reference = new InferenceSession(file);
        string input = Assert.Single(reference.InputMetadata.Keys);
        int[] shape = [1, 3, height, width];
        float[] values = RealInput(file);
        Assert.Equal(height * width * 3, values.Length);
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> expected =
            reference.Run([NamedOnnxValue.CreateFromTensor(input, new DenseTensor<float>(values, shape))]);

        using IModelRunner runner = IpuEngine.OpenRunner(model);
        Tensor nhwc = Tensor.FromArray<float>(values, new Shape(shape)).Transpose(0, 2, 3, 1);
        IReadOnlyDictionary<string, Tensor> actual = runner.Run(new Dictionary<string, Tensor> { [input] = nhwc }, CancellationToken.None);
        foreach (DisposableNamedOnnxValue output in expected)
        {
            DenseTensor<float> wanted = output.AsTensor<float>().ToDenseTensor();
            Tensor reordered = Tensor.FromArray<float>([.. wanted], new Shape(wanted.Dimensions));
            float[] y = (reordered.Shape.Rank == 4 ? reordered.Transpose(0, 2, 3, 1) : reordered).ToFloats();
            float[] got = actual[output.Name].ToFloats();
            Assert.Equal(y.Length, got.Length);
            double scale = y.Max(Math.Abs);
            Assert.True(scale > 0);
            Assert.All(y.Zip(got), p => Assert.InRange(Math.Abs(p.First - p.Second), 0, Tolerance * scale));
        }
    }

    private static string InputOf(string file)
    {
        using var session = new InferenceSession(file);
        return Assert.Single(session.InputMetadata.Keys);
    }

    /// <summary>A photograph as the model takes it: the values of a .npy file of floats, whose header says its own length in bytes 8 and 9.</summary>
    private static float[] RealInput(string file)
    {
        byte[] npy = File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(file)!, "reference", "input.npy"));
        return MemoryMarshal.Cast<byte, float>(npy.AsSpan(10 + BitConverter.ToUInt16(npy, 8))).ToArray();
    }
}
