using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Compilation;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Frontends.Onnx;

namespace SgsIpu.Engine.Tests.Operators;

/// <summary>Recurrent layers, lines, volumes, samplings and normalizations through every stage and every file.</summary>
public sealed class StagesTests
{
    private const double Floor = 45;

    public static TheoryData<string> Networks => ["sequence", "image", "volume"];

    [Theory]
    [MemberData(nameof(Networks))]
    public void IntegersFollowAndFilesKeepThem(string network)
    {
        IpuModel real = Import(network);
        var sample = new Sample(network, [Values(real, 1)]);
        IpuModel integers = IpuEngine.Calibrate(real, new CalibrationOptions(new OneSample(sample)) { Level = CalibrationLevel.L1 });
        float[] wanted = Run(real, sample);
        float[] found = Run(integers, sample);
        double noise = wanted.Zip(found).Sum(p => Math.Pow(p.First - p.Second, 2));
        Assert.InRange(10 * Math.Log10(wanted.Sum(v => (double)v * v) / noise), Floor, double.PositiveInfinity);

        Assert.Equal(wanted, Run(SimFile.Read(SimFile.Write(real), "real.sim"), sample));
        Assert.Equal(found, Run(SimFile.Read(SimFile.Write(integers), "fixed.sim"), sample));
        IpuModel image = ImageReader.Read(ImageWriter.Write(IpuEngine.Compile(integers, new CompileOptions())), "image.img");
        Assert.Equal(found, Run(image, sample));
    }

    private static float[] Run(IpuModel model, Sample sample)
    {
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        return runner.Run(new Dictionary<string, Tensor> { [model.Graph.Inputs[0]] = sample.Inputs[0] }, CancellationToken.None)[model.Graph.Outputs[0]].ToFloats();
    }

    private static Tensor Values(IpuModel model, int seed) => Random(seed, model.Inputs[0].Shape.ToArray());

    private static Tensor Random(int seed, params int[] shape)
    {
        var random = new Random(seed);
        return Tensor.FromArray<float>([.. Enumerable.Range(0, (int)new Shape(shape).Count).Select(_ => (float)((random.NextDouble() * 2) - 1))], shape);
    }

    private static IpuModel Import(string network)
    {
        var net = new Net();
        Shape input = network switch { "sequence" => new Shape(1, 6, 20), "image" => new Shape(1, 4, 12, 10), _ => new Shape(1, 2, 5, 8, 9) };
        switch (network)
        {
            case "sequence":
                net.Add("Conv", [Random(2, 8, 6, 3), Random(3, 8)], ("pads", (long[])[1, 1]), ("strides", (long[])[2]));
                net.Add("Transpose", [], ("perm", (long[])[2, 0, 1]));
                net.Add("LSTM", [Random(4, 2, 20, 8), Random(5, 2, 20, 5), Random(6, 2, 40)], ("hidden_size", 5L), ("direction", "bidirectional"));
                net.Add("Reshape", [Tensor.FromArray<long>([10, 1, 10], 3)]);
                net.Add("GRU", [Random(7, 1, 12, 10), Random(8, 1, 12, 4)], ("hidden_size", 4L), ("direction", "reverse"));
                net.Add("Reshape", [Tensor.FromArray<long>([10, 4], 2)]);
                net.Add("LogSoftmax", [], ("axis", -1L));
                break;
            case "image":
                net.Add("LRN", [], ("size", 3L), ("alpha", 0.5f));
                net.Add("Resize", [null, null, Tensor.FromArray<long>([1, 4, 17, 13], 4)], ("mode", "cubic"));
                net.Add("GroupNormalization", [Random(2, 4), Random(3, 4)], ("num_groups", 2L));
                net.Add("GridSample", [Random(4, 1, 9, 7, 2)], ("mode", "linear"));
                net.Add("AveragePool", [], ("kernel_shape", (long[])[3, 3]), ("strides", (long[])[2, 2]), ("ceil_mode", 1L));
                net.Add("LpNormalization", [], ("axis", 1L));
                break;
            default:
                net.Add("Conv", [Random(2, 4, 1, 3, 3, 3), Random(3, 4)], ("group", 2L), ("pads", (long[])[1, 1, 1, 1, 1, 1]));
                net.Add("MaxPool", [], ("kernel_shape", (long[])[2, 2, 2]), ("strides", (long[])[1, 2, 2]));
                net.Add("ConvTranspose", [Random(4, 4, 3, 2, 2, 2)], ("strides", (long[])[2, 2, 2]));
                net.Add("GlobalAveragePool", []);
                break;
        }

        string file = Path.Combine(Path.GetTempPath(), $"sgsipu-{Guid.NewGuid():N}.onnx");
        try
        {
            File.WriteAllBytes(file, OnnxWriter.Write(net.Graph(input)));
            return IpuEngine.Import(new ImportOptions(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>A chain of nodes, each of which reads the one before and constants.</summary>
    private sealed class Net
    {
        private readonly List<SourceNode> _nodes = [];
        private readonly Dictionary<string, Tensor> _constants = new(StringComparer.Ordinal);

        public void Add(string opType, Tensor?[] constants, params (string Name, object Value)[] attributes)
        {
            var inputs = new List<string> { _nodes.Count == 0 ? "input" : _nodes[^1].Outputs[0] };
            foreach (Tensor? constant in constants)
            {
                inputs.Add(constant is null ? "" : $"constant{_constants.Count}");
                if (constant is not null)
                {
                    _constants[inputs[^1]] = constant;
                }
            }

            _nodes.Add(new SourceNode($"node{_nodes.Count}", opType, [.. inputs], [$"value{_nodes.Count}"], attributes.ToDictionary(a => a.Name, a => a.Value)));
        }

        public SourceGraph Graph(Shape input) => new(
            "net", Framework.Onnx, [new SourceTensor("input", DataType.Float32, input.Dimensions)], [new SourceTensor(_nodes[^1].Outputs[0], DataType.Float32, default)], [.. _nodes], _constants)
        {
            OpsetVersions = ImmutableDictionary<string, int>.Empty.Add("", 21),
        };
    }

    private sealed class OneSample(Sample sample) : ISampleSource
    {
        public int Count => 1;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken) => sample;
    }
}
