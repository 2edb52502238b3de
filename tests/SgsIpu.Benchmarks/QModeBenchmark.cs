using System.Diagnostics;
using System.Globalization;
using SgsIpu.Benchmarks.Accuracy;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Benchmarks;

/// <summary>The Q modes beside the levels: accuracy, share of 16-bit work, size of the weights, time and peak memory, each row in a process of its own.</summary>
internal static class QModeBenchmark
{
    private const string Spare = "spare";
    private const string Layers = "layers";
    private static readonly string[] Rows = ["L5", "Q10", "Q12", "Q21", "Q22", "Q13@0.35", "Q23@0.35"];

    /// <param name="arguments">Networks (MobileNetV2 where none is named), rows (a Q mode, with @ and the rate where it takes one, or a level),
    /// a most number of pictures, "spare" to measure on calibration pictures that are not calibrated on, "layers" for what became of each layer.</param>
    public static void Run(IReadOnlyList<string> arguments)
    {
        string[] networks = [.. arguments.Where(a => AccuracyModels.All.Any(m => m.Name == a))];
        string[] options = [.. arguments.Where(a => a is Spare or Layers || int.TryParse(a, out _))];
        string[] rows = [.. arguments.Except(networks).Except(options)];
        foreach (string network in networks.Length == 0 ? ["mobilenetv2"] : networks)
        {
            Console.WriteLine(network);
            foreach (string row in rows.Length == 0 ? Rows : rows)
            {
                Console.Write(ChildProcess.Run(["qmodes-child", network, row, .. options]));
            }
        }
    }

    public static int Child(string network, string row, IReadOnlyList<string> options)
    {
        AccuracyModel model = AccuracyModels.All.Single(m => m.Name == network);
        IpuModel real = model.Import("");
        string[] parts = row.Split('@');
        ISampleSource samples = model.CalibrationSamples(real);
        CalibrationOptions how = Enum.TryParse(parts[0], out QMode mode)
            ? new CalibrationOptions(samples) { QMode = mode, QuantConfig = parts.Length > 1 ? QuantConfig.Parse($"QUANT_CONFIG: {{mp_rate: {parts[1]}}}", "bench") : null }
            : new CalibrationOptions(samples) { Level = Enum.Parse<CalibrationLevel>(parts[0]) };
        long start = Stopwatch.GetTimestamp();
        IpuModel integers = IpuEngine.Calibrate(real, how);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        using var self = Process.GetCurrentProcess();
        long peak = self.PeakWorkingSet64 >> 20;
        int most = options.Select(o => int.TryParse(o, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : 0).Append(0).Max();
        Score score = AccuracyBenchmark.Judge(
            model.Score(new AccuracyCase(CalibrationLevel.L5, "")),
            real,
            integers,
            m => options.Contains(Spare) ? model.SpareSamples(m) : model.EvaluationSamples(m, most == 0 ? 300 : most));
        IEnumerable<Measure> measures =
        [
            .. score.Measures.Select(m => m with { Target = null }),
            new("SQNR", score.Noise.Sqnr, " dB"),
            new("before softmax", score.BeforeSoftmax.Sqnr, " dB"),
            new("16-bit MACs", 100 * AccuracyBenchmark.WideShare(integers.Graph), " %"),
            new("bits/16", integers.Report?.CompressionRate ?? double.NaN, ""),
            new("calibration", seconds, " s"),
            new("peak", peak, " MiB"),
        ];
        Console.WriteLine($"  {row,-10} {string.Join("   ", measures)}   expected {integers.Report!.OutputSqnr.ToString("0.00", CultureInfo.InvariantCulture)} dB");
        foreach (LayerChoice layer in options.Contains(Layers) ? integers.Report.Layers : [])
        {
            Console.WriteLine(FormattableString.Invariant($"      {layer.Layer,-24} {layer.Operator,-16} {layer.Bit,2} {layer.Weights,8} {layer.Macs,10} {layer.Sensitivity,9:0.0e0} {Decibels(layer.LossBefore),6:0.0} {Decibels(layer.LossAfter),6:0.0}"));
        }

        foreach (string step in options.Contains(Layers) ? integers.Report.Steps : [])
        {
            Console.WriteLine("      " + step);
        }

        return 0;
    }

    private static double? Decibels(double? loss) => loss is { } l ? -10 * Math.Log10(l) : null;
}
