using System.Diagnostics;
using System.Globalization;
using SgsIpu.Benchmarks.Accuracy;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Compilation;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Benchmarks;

/// <summary>Memory of the activations over the least that any placement needs, and what the networks cost on the default chip.</summary>
internal static class PlanBenchmark
{
    /// <param name="folder">A folder with the MiniMalloc challenge (files of id, lower, upper, size, named CASE.CAPACITY.csv); null for the networks.</param>
    public static void Run(string? folder)
    {
        if (folder is not null)
        {
            Challenge(folder);
            return;
        }

        Console.WriteLine("network        activations      sum      bound       plan     gap    time   estimated ms   DRAM MB");
        foreach (AccuracyModel network in AccuracyModels.All)
        {
            IpuModel model = network.Import("ALL_UINT8");
            IpuModel integers = IpuEngine.Calibrate(model, new CalibrationOptions(new Noise(model)) { Level = CalibrationLevel.L1 });
            long start = Stopwatch.GetTimestamp();
            MemoryPlan plan = MemoryPlanner.Plan(integers.Graph);
            double time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            IpuModelCost cost = IpuEngine.Measure(integers);
            Console.WriteLine(FormattableString.Invariant(
                $"{network.Name,-14} {plan.Blocks.Length,11} {plan.Blocks.Sum(b => b.Size),10} {plan.LowerBound,10} {plan.Total,10} {100.0 * (plan.Total - plan.LowerBound) / plan.LowerBound,6:0.00}% {time,6:0} {cost.Milliseconds,12:0.00} {cost.DramBytes / 1e6,9:0.00}"));
        }
    }

    private static void Challenge(string folder)
    {
        Console.WriteLine("case     blocks      bound       plan     gap   capacity  solved    ms");
        foreach (string file in Directory.EnumerateFiles(folder, "*.*.csv").Order(StringComparer.Ordinal))
        {
            string[] name = Path.GetFileName(file).Split('.');
            long capacity = long.Parse(name[1], CultureInfo.InvariantCulture);
            MemoryDemand[] demands = [.. File.ReadLines(file).Skip(1).Select(l => l.Split(',').Select(p => long.Parse(p, CultureInfo.InvariantCulture)).ToArray()).Select(p => new MemoryDemand(p[3], (int)p[1], (int)p[2] - 1))];
            long start = Stopwatch.GetTimestamp();
            OffsetSearch search = OffsetSearch.Place(demands, capacity);
            double time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            Console.WriteLine(FormattableString.Invariant(
                $"{name[0],-6} {demands.Length,8} {search.LowerBound,10} {search.Total,10} {100.0 * (search.Total - search.LowerBound) / search.LowerBound,6:0.0}% {capacity,10} {(search.Total <= capacity ? "yes" : "no"),7} {time,6:0}"));
        }
    }

    /// <summary>One sample of random numbers: a plan does not depend on values.</summary>
    private sealed class Noise(IpuModel model) : ISampleSource
    {
        public int Count => 1;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken)
        {
            var random = new Random(1);
            return new Sample("noise", [.. model.Inputs.Select(i => Tensor.FromArray<float>([.. Enumerable.Range(0, (int)i.Shape.Count).Select(_ => random.NextSingle())], i.Shape.AsSpan()))]);
        }
    }
}
