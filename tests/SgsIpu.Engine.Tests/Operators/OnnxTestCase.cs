using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Frontends;
using SgsIpu.Frontends.Onnx;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Operators;

/// <summary>One test of the ONNX standard: a small model, its inputs and expected outputs. Named by suite and folder, "node/test_abs".</summary>
internal static class OnnxTestCase
{
    private const float Tolerance = 1e-4f;

    /// <summary>What 8 bits of input and weights leave.</summary>
    private const double ConvolutionDecibels = 35;

    /// <summary>Operators whose output's size depends on their input: models have that constant.</summary>
    private static readonly ImmutableArray<string> SizedByData = ["ConstantOfShape", "NonZero", "Range", "Unique"];

    private static readonly ImmutableArray<string> Suites = ["node", "pytorch-converted", "pytorch-operator", "simple"];

    public static string? Root { get; } = Directory.Exists("/usr/share/libonnx-testdata/data/node") ? "/usr/share/libonnx-testdata/data" : null;

    /// <summary>Every case of the four suites, in order; none where they are not installed.</summary>
    public static ImmutableArray<string> All { get; } = Root is null
        ? []
        : [.. Suites.SelectMany(s => Directory.GetDirectories(Path.Combine(Root, s)).Select(d => $"{s}/{Path.GetFileName(d)}")).Order(StringComparer.Ordinal)];

    /// <summary>Imports and runs a case; null where the outputs are those expected, otherwise what is wrong.</summary>
    public static string? Fault(string name)
    {
        try
        {
            Case c = Open(name);
            using IModelRunner runner = IpuEngine.OpenRunner(c.Model);
            return Difference(c, runner.Run(c.Inputs, CancellationToken.None));
        }
        catch (IpuException e)
        {
            return $"{e.ErrorId}: {e.Message}";
        }
        catch (NotSupportedException e)
        {
            return $"data: {e.Message}";
        }
    }

    /// <summary>
    /// The fixed form of a case, calibrated on the case's own input: null where the real outputs have the signal-to-noise ratio that is
    /// asked for and all others are equal, otherwise what is wrong. Weights at run time are tried as constants too.
    /// </summary>
    public static string? FixedFault(string name, double decibels)
    {
        string? fault = FixedFault(() => Open(name), decibels);
        return fault is null || FixedFault(() => OpenWithConstants(name), decibels) is null ? null : fault;
    }

    private static string? FixedFault(Func<Case> open, double decibels)
    {
        try
        {
            Case c = open();
            if (c.Model.Graph.Inputs.Length == 0)
            {
                return null;
            }

            var sample = new Sample(c.Model.Name, [.. c.Model.Graph.Inputs.Select(i => c.Inputs[i])]);
            IpuModel integers = IpuEngine.Calibrate(c.Model, new CalibrationOptions(new OneSample(sample)) { Level = CalibrationLevel.L1 });
            using IModelRunner runner = IpuEngine.OpenRunner(integers);
            bool convolves = c.Model.Graph.Nodes.Any(n => ((IpuOperator)n.Op).Quantize(c.Model.Graph.InputsOf(n)).Class == QuantClass.Convolution);
            return FixedDifference(c, runner.Run(c.Inputs, CancellationToken.None), convolves ? ConvolutionDecibels : decibels);
        }
        catch (IpuException e)
        {
            return $"{e.ErrorId}: {e.Message}";
        }
    }

    private static string? FixedDifference(Case c, IReadOnlyDictionary<string, Tensor> actual, double decibels)
    {
        double signal = 0;
        double noise = 0;
        for (int i = 0; i < c.Expected.Length; i++)
        {
            Tensor wanted = c.Expected[i];
            Tensor got = WithoutPadding(actual[c.Model.Graph.Outputs[i]], wanted);
            if (wanted.Type != DataType.Float32 && !wanted.Bytes.SequenceEqual(got.Bytes))
            {
                return $"output {i} differs";
            }

            foreach ((float w, float g) in wanted.Type == DataType.Float32 ? wanted.ToFloats().Zip(got.ToFloats()).Where(p => float.IsFinite(p.First)) : [])
            {
                signal += (double)w * w;
                noise += Math.Pow(w - g, 2);
            }
        }

        double found = 10 * Math.Log10(signal / noise);
        return noise == 0 || found >= decibels ? null : $"{found:0.0} dB";
    }

    /// <summary>A case with its inputs at run time; where the model needs them constant, as networks hold them, all but the first become constants.</summary>
    private static Case Open(string name)
    {
        (SourceGraph source, Tensor[] inputs, Tensor[] expected) = Read(name);
        ImmutableDictionary<string, ImmutableArray<int>> shapes = source.Inputs.Zip(inputs).Where(p => !p.First.IsStatic)
            .ToImmutableDictionary(p => p.First.Name, p => p.Second.Shape.Dimensions);
        try
        {
            return CaseOf(IpuEngine.Import(new ImportOptions(source.Path) { InputShapes = shapes }), source, inputs, expected);
        }
        catch (IpuException) when (inputs.Length > 0)
        {
            return OpenWithConstants(name);
        }
    }

    private static Case OpenWithConstants(string name)
    {
        (SourceGraph source, Tensor[] inputs, Tensor[] expected) = Read(name);
        var constants = new Dictionary<string, Tensor>(source.Constants, StringComparer.Ordinal);
        int open = source.Nodes.Any(n => SizedByData.Contains(n.OpType)) ? 0 : Math.Min(1, inputs.Length);
        for (int i = open; i < source.Inputs.Length && i < inputs.Length; i++)
        {
            constants[source.Inputs[i].Name] = inputs[i];
        }

        ImmutableArray<SourceTensor> kept = [.. source.Inputs.Take(open).Select(i => i with { Dimensions = inputs[0].Shape.Dimensions })];
        string file = Path.Combine(Path.GetTempPath(), $"sgsipu-{Guid.NewGuid():N}.onnx");
        try
        {
            File.WriteAllBytes(file, OnnxWriter.Write(source with { Inputs = kept, Constants = constants }));
            return CaseOf(IpuEngine.Import(new ImportOptions(file)), source, inputs, expected);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static (SourceGraph Source, Tensor[] Inputs, Tensor[] Expected) Read(string name)
    {
        string folder = Path.Combine(Root!, name);
        SourceGraph source = ModelReader.Read(Path.Combine(folder, "model.onnx"));
        return (source, Tensors(folder, "input"), [.. Tensors(folder, "output").Select(Native)]);
    }

    private static string? Difference(Case c, IReadOnlyDictionary<string, Tensor> actual)
    {
        for (int i = 0; i < c.Expected.Length; i++)
        {
            Tensor wanted = c.Expected[i];
            Tensor got = WithoutPadding(actual[c.Model.Graph.Outputs[i]], wanted);
            if (wanted.Type != got.Type || wanted.Shape != got.Shape)
            {
                return $"output {i} is {got}, not {wanted}";
            }

            float[] w = wanted.ToFloats();
            float[] g = got.ToFloats();
            for (int k = 0; k < w.Length; k++)
            {
                if (!w[k].Equals(g[k]) && !(wanted.Type.IsFloat() && Math.Abs(w[k] - g[k]) <= Tolerance * Math.Max(1, Math.Abs(w[k]))))
                {
                    return $"output {i}, element {k} is {g[k]}, not {w[k]}";
                }
            }
        }

        return null;
    }

    /// <summary>A list of rows whose number depends on the data comes with rows of −1 up to the largest possible number.</summary>
    private static Tensor WithoutPadding(Tensor got, Tensor wanted)
    {
        if (got.Type != DataType.Int64 || got.Shape.Rank != 2 || wanted.Shape.Rank != 2 || got.Shape[1] != wanted.Shape[1] || got.Shape[0] <= wanted.Shape[0])
        {
            return got;
        }

        int kept = (int)wanted.Count;
        return got.As<long>()[kept..].IndexOfAnyExcept(-1) < 0 ? Tensor.FromArray<long>(got.As<long>()[..kept], wanted.Shape) : got;
    }

    /// <summary>An input that nothing reads is no input of the model.</summary>
    private static Case CaseOf(IpuModel model, SourceGraph source, Tensor[] inputs, Tensor[] expected) =>
        new(model, source.Inputs.Zip(inputs).Where(p => model.Graph.Inputs.Contains(p.First.Name)).ToDictionary(p => p.First.Name, p => Native(p.Second), StringComparer.Ordinal), expected);

    /// <summary>As the tool chain takes and gives it: images in NHWC, one kind of real number.</summary>
    private static Tensor Native(Tensor value)
    {
        Tensor real = value.Type is DataType.Float16 or DataType.Float64 ? Tensor.FromArray<float>(value.ToFloats(), value.Shape) : value;
        return real.Shape.Rank == 4 ? real.Transpose(0, 2, 3, 1) : real;
    }

    private static Tensor[] Tensors(string folder, string kind) =>
    [
        .. Enumerable.Range(0, 64).Select(i => Path.Combine(folder, "test_data_set_0", $"{kind}_{i}.pb")).TakeWhile(File.Exists).Select(TensorProtoFile.Read),
    ];

    private sealed record Case(IpuModel Model, Dictionary<string, Tensor> Inputs, Tensor[] Expected);

    private sealed class OneSample(Sample sample) : ISampleSource
    {
        public int Count => 1;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken) => sample;
    }
}
