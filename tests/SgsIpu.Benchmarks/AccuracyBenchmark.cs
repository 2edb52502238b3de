using System.Diagnostics;
using SgsIpu.Benchmarks.Accuracy;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Ops;

namespace SgsIpu.Benchmarks;

/// <summary>The table of accuracies: networks by levels, each measure beside its target.</summary>
internal static class AccuracyBenchmark
{
    private const int Most = 300;
    private const double WideTarget = 50;
    private const double NarrowTarget = 19.5;
    private const double ShareTarget = 15;

    /// <summary>More pictures, where one of 300, a third of a point, decides too much.</summary>
    private const string Spare = "spare";

    /// <param name="arguments">Names of networks and of cases (L1 to L5, ALL_UINT8, ALL_INT16), and a most number of pictures; all where none are given; "spare" adds pictures of the calibration folder that are not calibrated on.</param>
    public static int Run(IReadOnlyList<string> arguments)
    {
        string[] numbers = [.. arguments.Where(a => int.TryParse(a, out _))];
        AccuracyModel[] models = [.. AccuracyModels.All.Where(m => arguments.Contains(m.Name))];
        AccuracyCase[] cases = [.. Cases().Where(c => arguments.Contains(c.ToString()) || arguments.Contains(c.Convolutions.Length > 0 ? c.Convolutions : c.Level.ToString()))];
        int most = numbers.Length == 0 ? Most : int.Parse(numbers[0], System.Globalization.CultureInfo.InvariantCulture);
        bool spare = arguments.Contains(Spare);
        string[] unknown = [.. arguments.Except(numbers).Except([Spare]).Except(AccuracyModels.All.Select(m => m.Name)).Where(a => !Cases().Any(c => c.ToString() == a || c.Convolutions == a || c.Level.ToString() == a))];
        if (unknown.Length > 0)
        {
            Console.Error.WriteLine($"accuracy: no such network or case: {string.Join(' ', unknown)}; networks are {string.Join(' ', AccuracyModels.All.Select(m => m.Name))}");
            return 2;
        }

        foreach (AccuracyModel model in models.Length == 0 ? [.. AccuracyModels.All] : models)
        {
            Console.WriteLine(model.Name);
            foreach (AccuracyCase row in cases.Length == 0 ? [.. Cases()] : cases)
            {
                Console.WriteLine($"  {row,-13} {Row(model, row, most, spare)}");
            }
        }

        return 0;
    }

    private static IEnumerable<AccuracyCase> Cases() =>
    [
        .. Enum.GetValues<CalibrationLevel>().Select(l => new AccuracyCase(l, "")),
        new(CalibrationLevel.L5, "ALL_UINT8"),
        new(CalibrationLevel.L5, "ALL_INT16"),
    ];

    private static string Row(AccuracyModel model, AccuracyCase row, int most, bool spare)
    {
        try
        {
            IpuModel real = model.Import(row.Convolutions);
            ISampleSource calibration = model.CalibrationSamples(real);
            long start = Stopwatch.GetTimestamp();
            IpuModel integers = IpuEngine.Calibrate(real, new CalibrationOptions(calibration) { Level = row.Level });
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Score score = Judge(model.Score(row), real, integers, m => model.EvaluationSamples(m, most));
            score = spare ? Judge(score, real, integers, model.SpareSamples) : score;

            double? sqnr = row.IsWide ? WideTarget : row.IsNarrow && model.Name == "mobilenetv2" ? NarrowTarget : null;
            double? share = row is { Level: CalibrationLevel.L5, Convolutions: "" } && model.Name == "mobilenetv2" ? ShareTarget : null;
            IEnumerable<Measure> all =
            [
                .. score.Measures,
                new("SQNR", score.Noise.Sqnr, " dB", sqnr),
                new("before softmax", score.BeforeSoftmax.Sqnr, " dB"),
                new("16-bit MACs", 100 * WideShare(integers.Graph), " %", share, AtMost: true),
                new("calibration", seconds, " s"),
            ];
            return string.Join("   ", all);
        }
        catch (IpuException e)
        {
            return $"not measured: {e.Message}";
        }
    }

    /// <summary>Runs both models over the same pictures.</summary>
    public static Score Judge(Score score, IpuModel real, IpuModel integers, Func<IpuModel, ISampleSource> samples)
    {
        (JudgedTensors outputs, JudgedTensors logits) = (new(real.Graph), new(real.Graph, beforeSoftmax: true));
        (JudgedTensors fixedOutputs, JudgedTensors fixedLogits) = (new(integers.Graph), new(integers.Graph, beforeSoftmax: true));
        IEnumerable<RunResult> Results(IpuModel model, JudgedTensors first, JudgedTensors second) =>
            IpuEngine.Run(model, new RunOptions(samples(model)) { NumProcess = Environment.ProcessorCount, Observed = [.. first.Observed.Union(second.Observed)] });
        foreach ((RunResult exact, RunResult rounded) in Results(real, outputs, logits).Zip(Results(integers, fixedOutputs, fixedLogits)))
        {
            score.Judge(exact.Source, exact.Outputs, rounded.Outputs);
            score.Noise.Add(outputs.Of(exact.Outputs), fixedOutputs.Of(rounded.Outputs));
            score.BeforeSoftmax.Add(logits.Of(exact.Outputs), fixedLogits.Of(rounded.Outputs));
        }

        return score;
    }

    /// <summary>The share of the multiply-accumulates of convolutions with constant weights that runs in 16 bits.</summary>
    public static double WideShare(Graph graph)
    {
        long all = 0;
        long wide = 0;
        foreach (Node node in graph.Nodes)
        {
            var op = (IpuOperator)node.Op;
            if (op.Quantize(graph.InputsOf(node)) is { Class: QuantClass.Convolution, Weight: >= 0 })
            {
                long macs = op.Cost(graph.InputsOf(node), graph.OutputsOf(node)).Macs;
                all += macs;
                wide += graph[node.Inputs[0]].Type == DataType.Int16 ? macs : 0;
            }
        }

        return all == 0 ? 0 : (double)wide / all;
    }
}
