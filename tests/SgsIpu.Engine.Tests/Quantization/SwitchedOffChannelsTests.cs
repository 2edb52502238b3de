using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Quantization;

/// <summary>Channels that training has switched off, with next to no weights, keep what their bias says.</summary>
public sealed class SwitchedOffChannelsTests
{
    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    public void KeepTheirBias(int bit)
    {
        float[] bias = [0.586f, -0.25f, 0.1f];
        var editor = new GraphEditor("off");
        editor.AddInput(new TensorSpec("x", DataType.Float32, new Shape(1, 2, 2, 2)));
        editor.Add("y", new Conv2DOp(), "x", editor.AddConstant("w", Tensor.FromArray<float>([4.6e-30f, -1e-30f, 1e-20f, 0, 0.5f, -0.5f], 3, 1, 1, 2)), editor.AddConstant("b", Tensor.FromArray<float>(bias, 3)));
        editor.Outputs.Add("y");
        Graph graph = editor.ToGraph();
        var real = new IpuModel(graph.Name, IpuStage.Float, graph) { Given = [new GivenQuantization("x") { Bit = bit }] };
        var samples = new OneSample(Tensor.FromArray<float>([1, -1, 0.5f, 0.25f, -0.75f, 1, 0, 0], 1, 2, 2, 2));
        IpuModel model = IpuEngine.Calibrate(real, new CalibrationOptions(samples) { Level = CalibrationLevel.L2 });
        Assert.Equal(bit, model.Graph[model.Nodes.Single(n => n.Op is Conv2DOp).Inputs[0]].Type.Bits());
        float[] values = Assert.Single(IpuEngine.Run(model, new RunOptions(samples))).Outputs["y"].ToFloats();
        Assert.Equal(12, values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            if (i % 3 < 2)
            {
                Assert.Equal(bias[i % 3], values[i], 1e-3f);
            }
        }
    }

    private sealed class OneSample(Tensor x) : ISampleSource
    {
        public int Count => 1;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken) => new("x", [x]);
    }
}
