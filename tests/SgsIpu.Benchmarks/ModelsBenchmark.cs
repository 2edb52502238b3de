using System.Collections.Immutable;
using System.Diagnostics;
using SgsIpu.Benchmarks.Accuracy;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Frontends;

namespace SgsIpu.Benchmarks;

/// <summary>
/// A row for every network of the shared assets: time of import after a first one, nodes in the file and after simplification, error of the
/// float model against another implementation, signal-to-noise ratio of the fixed model of level 2 on its own calibration samples, and whether
/// the offline image gives the same bytes.
/// </summary>
internal static class ModelsBenchmark
{
    private const int CalibrationSamples = 32;
    private const int Samples = 8;
    private const int Rounds = 3;

    /// <param name="names">Networks; all where none are given.</param>
    public static int Run(IReadOnlyCollection<string> names)
    {
        if (names.FirstOrDefault(n => AssetModels.All.All(m => m.Name != n)) is { } unknown)
        {
            Console.Error.WriteLine($"models: no such network: {unknown}; networks are {string.Join(' ', AssetModels.All.Select(m => m.Name))}");
            return 2;
        }

        Console.WriteLine($"{"network",-22}{"import",10}{"nodes",12}{"float error",14}{"L2 SQNR",11}   offline = fixed");
        foreach (AssetModel model in AssetModels.All.Where(m => names.Count == 0 || names.Contains(m.Name)))
        {
            Console.WriteLine($"{model.Name,-22}{Row(model)}");
        }

        return 0;
    }

    private static string Row(AssetModel model)
    {
        try
        {
            IpuModel real = model.Import("");
            double milliseconds = Enumerable.Range(0, Rounds).Min(_ => Milliseconds(() => model.Import("")));
            string row = FormattableString.Invariant($"{milliseconds,7:0} ms{ModelReader.Read(model.FullPath, new ReadOptions { WeightFile = model.Options([]).WeightFile }).Nodes.Length,6} →{real.Nodes.Length,4}{FloatOracle.Error(model),14:0.0e+0}");
            IpuModel integers = IpuEngine.Calibrate(real, new CalibrationOptions(model.CalibrationSamples(real, CalibrationSamples)) { Level = CalibrationLevel.L2 });
            var noise = new NoisePower();
            bool same = true;
            IpuModel offline = IpuEngine.Compile(integers, new CompileOptions());
            var outputs = new JudgedTensors(real.Graph);
            var judged = new JudgedTensors(integers.Graph);
            IEnumerable<RunResult> Results(IpuModel m, ImmutableArray<string> observed) =>
                IpuEngine.Run(m, new RunOptions(new First(model.CalibrationSamples(m, CalibrationSamples), Samples)) { Observed = observed });
            foreach (((RunResult exact, RunResult rounded), RunResult compiled) in Results(real, outputs.Observed).Zip(Results(integers, judged.Observed)).Zip(Results(offline, [])))
            {
                noise.Add(outputs.Of(exact.Outputs), judged.Of(rounded.Outputs));
                same &= compiled.Outputs.All(o => o.Value.Bytes.SequenceEqual(rounded.Outputs[o.Key].Bytes));
            }

            return row + FormattableString.Invariant($"{noise.Sqnr,8:0.0} dB   {(same ? "yes" : "NO")}");
        }
        catch (IpuException e)
        {
            return $"   {e.ErrorId}: {e.Message}";
        }
    }

    private static double Milliseconds(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <summary>The first samples of a source.</summary>
    private sealed class First(ISampleSource source, int most) : ISampleSource
    {
        public int Count => Math.Min(most, source.Count);

        public Sample Read(int index, bool norm, CancellationToken cancellationToken) => source.Read(index, norm, cancellationToken);
    }
}
