using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Importing;

/// <summary>Every layer of Caffe, in the float, the fixed and the offline model, against OpenCV's dnn module or NumPy.</summary>
public sealed class CaffeLayerTests(CaffeLayerTests.Shared shared) : IClassFixture<CaffeLayerTests.Shared>
{
    /// <summary>Of the largest output: what single-precision functions and reordered sums may differ by.</summary>
    private const double Tolerance = 1e-4;

    public static TheoryData<string> Names => [.. CaffeLayerCases.All.Keys];

    [PythonTheory("cv2", "numpy")]
    [MemberData(nameof(Names))]
    public void ALayerComputesWhatCaffeDoes(string name)
    {
        (IpuModel model, Tensor[] inputs) = Import(name);
        Tensor expected = shared.Oracle.Value.Expected(name);
        Tensor actual = Run(model, inputs);
        Assert.Equal(expected.Shape.Where(d => d != 1), actual.Shape.Where(d => d != 1));
        float[] wanted = expected.ToFloats();
        double largest = wanted.Max(Math.Abs);
        double error = wanted.Zip(actual.ToFloats(), (a, b) => Math.Abs(a - b)).Max();
        Assert.True(error <= Tolerance * largest, $"{error / largest:g3} of the range");
    }

    [PythonTheory("cv2", "numpy")]
    [MemberData(nameof(Names))]
    public void ALayerRunsInIntegers(string name)
    {
        (IpuModel model, Tensor[] inputs) = Import(name);
        IpuModel quantized = IpuEngine.Calibrate(model, new CalibrationOptions(new OneSample(new Sample(name, [.. inputs]))) { Level = CalibrationLevel.L1 });
        Tensor real = Run(model, inputs);
        Tensor integers = Run(quantized, inputs);
        Assert.True(integers.Bytes.SequenceEqual(Run(IpuEngine.Compile(quantized, new CompileOptions()), inputs).Bytes));
        float[] signal = real.ToFloats();
        double noise = signal.Zip(integers.ToFloats(), (a, b) => Math.Pow(a - b, 2)).Sum();
        double decibels = 10 * Math.Log10(signal.Sum(v => (double)v * v) / Math.Max(noise, 1e-30));
        Assert.True(decibels >= CaffeLayerCases.All[name].Decibels, $"{decibels:0.0} dB");
    }

    /// <summary>The model, and its inputs in its own order of dimensions.</summary>
    private (IpuModel Model, Tensor[] Inputs) Import(string name)
    {
        CaffeLayerCase test = CaffeLayerCases.All[name];
        IpuModel model = IpuEngine.Import(new ImportOptions(shared.Oracle.Value.Path(name, "net.prototxt")));
        Tensor[] values = test.Values;
        return (model, [.. model.Graph.Inputs.Select(i => values[int.Parse(i[1..], System.Globalization.CultureInfo.InvariantCulture)]).Select(v => v.Shape.Rank == 4 ? v.Transpose(0, 2, 3, 1) : v)]);
    }

    private static Tensor Run(IpuModel model, Tensor[] inputs)
    {
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        string output = Assert.Single(model.Graph.Outputs);
        Tensor y = runner.Run(model.Graph.Inputs.Zip(inputs).ToDictionary(p => p.First, p => p.Second), CancellationToken.None)[output];
        return y.Shape.Rank == 4 && model.Graph.Producer(output)!.Op is not SsdDetectionOp ? y.Transpose(0, 3, 1, 2) : y;
    }

    public sealed class Shared : IDisposable
    {
        public Lazy<CaffeOracle> Oracle { get; } = new(() => new CaffeOracle());

        public void Dispose()
        {
            if (Oracle.IsValueCreated)
            {
                Oracle.Value.Dispose();
            }
        }
    }

    private sealed class OneSample(Sample sample) : ISampleSource
    {
        public int Count => 1;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken) => sample;
    }
}
