using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Ops;

namespace SgsIpu.Benchmarks;

/// <summary>An offline image of 14 MB, more than the networks of the assets have: pointwise convolutions with 1 MiB of random weights each.</summary>
internal static class LargeImage
{
    private const int Layers = 13;
    private const int Channels = 1024;
    private const int Size = 7;

    /// <summary>Writes the image and returns its path.</summary>
    public static string Write(string folder)
    {
        var random = new Random(1);
        var editor = new GraphEditor("large");
        var image = new Shape(1, Size, Size, Channels);
        QuantParam activations = QuantParam.UInt8(0, 6);
        editor.AddInput(new TensorSpec("x0", DataType.UInt8, image) { Quant = activations });
        for (int i = 0; i < Layers; i++)
        {
            byte[] weights = new byte[Channels * Channels];
            random.NextBytes(weights);
            editor.AddTensor(TensorSpec.OfConstant($"w{i}", new Tensor(DataType.Int8, new Shape(Channels, 1, 1, Channels), weights)) with { Quant = new QuantParam([.. Enumerable.Repeat(1e-4, Channels)], 0, Axis: 0) });
            editor.AddTensor(new TensorSpec($"x{i + 1}", DataType.UInt8, image) { Quant = activations });
            editor.AddNode($"conv{i}", new Conv2DOp { ActivationMin = 0 }, [$"x{i}", $"w{i}"], [$"x{i + 1}"]);
        }

        editor.Outputs.Add($"x{Layers}");
        string path = Path.Combine(folder, "large.img");
        IpuEngine.Export(IpuEngine.Compile(new IpuModel("large", IpuStage.Fixed, editor.ToGraph()), new CompileOptions()), path, overwrite: true);
        return path;
    }
}
