using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Frontends;
using SgsIpu.Frontends.Onnx;

namespace SgsIpu.Engine.Tests.Operators;

/// <summary>One node test of the ONNX standard: a model of one node, its inputs and expected outputs.</summary>
internal static class OnnxTestCase
{
    private const float Tolerance = 1e-4f;

    public static string? Folder { get; } = Directory.Exists("/usr/share/libonnx-testdata/data/node") ? "/usr/share/libonnx-testdata/data/node" : null;

    /// <summary>Imports and runs a case; null where the outputs are those expected, otherwise what is wrong.</summary>
    public static string? Fault(string name) => With(name, Run);

    /// <summary>Signal-to-noise ratio in dB of the fixed form, calibrated on the case's own input; null where it holds no real numbers.</summary>
    public static double? FixedDecibels(string name)
    {
        double? decibels = null;
        With(name, (model, inputs, expected) =>
        {
            if (inputs.Any(i => i.Value.Type != DataType.Float32) || expected.Any(e => e.Type != DataType.Float32 || !e.ToFloats().All(float.IsFinite)))
            {
                return null;
            }

            var sample = new Sample(name, [.. inputs.Select(i => Native(i.Value))]);
            IpuModel integers = IpuEngine.Calibrate(model, new CalibrationOptions(new OneSample(sample)) { Level = CalibrationLevel.L1 });
            using IModelRunner runner = IpuEngine.OpenRunner(integers);
            IReadOnlyDictionary<string, Tensor> actual = runner.Run(inputs.ToDictionary(i => i.Declared.Name, i => Native(i.Value)), CancellationToken.None);
            double signal = 0;
            double noise = 0;
            for (int i = 0; i < model.Graph.Outputs.Length; i++)
            {
                foreach ((float w, float g) in Native(expected[i]).ToFloats().Zip(actual[model.Graph.Outputs[i]].ToFloats()))
                {
                    signal += (double)w * w;
                    noise += Math.Pow(w - g, 2);
                }
            }

            decibels = noise == 0 ? double.PositiveInfinity : 10 * Math.Log10(signal / noise);
            return null;
        });
        return decibels;
    }

    private static string? With(string name, Func<IpuModel, List<(SourceTensor Declared, Tensor Value)>, Tensor[], string?> use)
    {
        string folder = Path.Combine(Folder!, name);
        SourceGraph source = ModelReader.Read(Path.Combine(folder, "model.onnx"));
        Tensor[] inputs = Tensors(folder, "input");
        Tensor[] outputs = Tensors(folder, "output");
        var constants = new Dictionary<string, Tensor>(source.Constants, StringComparer.Ordinal);
        var kept = new List<(SourceTensor Declared, Tensor Value)>();
        for (int i = 0; i < source.Inputs.Length && i < inputs.Length; i++)
        {
            // The standard hands shapes, weights and bounds over at run time; networks hold them as constants.
            if (i == 0 || (inputs[i].Type == DataType.Float32 && inputs[i].Shape == inputs[0].Shape))
            {
                kept.Add((source.Inputs[i], inputs[i]));
            }
            else
            {
                constants[source.Inputs[i].Name] = inputs[i];
            }
        }

        string file = Path.Combine(Path.GetTempPath(), $"sgsipu-{Guid.NewGuid():N}.onnx");
        try
        {
            File.WriteAllBytes(file, OnnxWriter.Write(source with { Inputs = [.. kept.Select(k => k.Declared)], Constants = constants }));
            return use(IpuEngine.Import(new ImportOptions(file)), kept, outputs);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string? Run(IpuModel model, List<(SourceTensor Declared, Tensor Value)> inputs, Tensor[] expected)
    {
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        Dictionary<string, Tensor> values = inputs.ToDictionary(i => i.Declared.Name, i => Native(i.Value));
        IReadOnlyDictionary<string, Tensor> actual = runner.Run(values, CancellationToken.None);
        for (int i = 0; i < model.Graph.Outputs.Length; i++)
        {
            Tensor wanted = Native(expected[i]);
            Tensor got = actual[model.Graph.Outputs[i]];
            float[] w = wanted.ToFloats();
            float[] g = got.ToFloats();
            if (w.Length != g.Length)
            {
                return $"output {i} is {got}, not {wanted}";
            }

            for (int k = 0; k < w.Length; k++)
            {
                if (!(Math.Abs(w[k] - g[k]) <= Tolerance * Math.Max(1, Math.Abs(w[k]))) && !(float.IsNaN(w[k]) && float.IsNaN(g[k])) && !w[k].Equals(g[k]))
                {
                    return $"output {i}, element {k} is {g[k]}, not {w[k]}";
                }
            }
        }

        return null;
    }

    private static Tensor Native(Tensor value) => value.Shape.Rank == 4 ? value.Transpose(0, 2, 3, 1) : value;

    private static Tensor[] Tensors(string folder, string kind) =>
    [
        .. Enumerable.Range(0, 64).Select(i => Path.Combine(folder, "test_data_set_0", $"{kind}_{i}.pb")).TakeWhile(File.Exists).Select(f => Parse(File.ReadAllBytes(f))),
    ];

    /// <summary>A TensorProto, by the public field numbers.</summary>
    private static Tensor Parse(byte[] bytes)
    {
        var dimensions = new List<int>();
        int type = 0;
        byte[] raw = [];
        int at = 0;
        long Varint()
        {
            long value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte b = bytes[at++];
                value |= (long)(b & 127) << shift;
                if (b < 128)
                {
                    return value;
                }
            }
        }

        while (at < bytes.Length)
        {
            long tag = Varint();
            if ((tag & 7) == 0)
            {
                long value = Varint();
                if (tag >> 3 == 1)
                {
                    dimensions.Add((int)value);
                }
                else if (tag >> 3 == 2)
                {
                    type = (int)value;
                }
            }
            else
            {
                int length = (int)Varint();
                int end = at + length;
                if (tag >> 3 == 1)
                {
                    while (at < end)
                    {
                        dimensions.Add((int)Varint());
                    }
                }
                else if (tag >> 3 == 9)
                {
                    raw = bytes[at..end];
                }

                at = end;
            }
        }

        DataType element = type switch
        {
            1 => DataType.Float32,
            2 => DataType.UInt8,
            3 => DataType.Int8,
            5 => DataType.Int16,
            6 => DataType.Int32,
            7 => DataType.Int64,
            9 => DataType.Bool,
            11 => DataType.Float64,
            _ => throw new NotSupportedException($"element type {type}"),
        };
        return new Tensor(element, new Shape([.. dimensions]), raw);
    }

    private sealed class OneSample(Sample sample) : ISampleSource
    {
        public int Count => 1;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken) => sample;
    }
}
