using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using SgsIpu.Core;
using SgsIpu.Engine;

namespace SgsIpu.Benchmarks;

/// <summary>Time of one image through the fixed models over ONNX Runtime's float time, on one thread and two, turn by turn, each turn of several runs after a rest.</summary>
internal static class SpeedBenchmark
{
    /// <summary>So many that the runtime has made its last, best code of every kernel long before the runs that count.</summary>
    private const int Rounds = 300;

    /// <summary>Runs of one contestant in a row.</summary>
    private const int Turn = 30;

    /// <summary>After a run the threads of ONNX Runtime look out for the next one for some milliseconds, on processors that another contestant needs.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(50);

    private const int Images = 4;

    /// <param name="arguments">Networks to run, all where there is none; a file of ONNX replaces the second peer, which is our 8-bit model exported with QuantizeLinear and DequantizeLinear.</param>
    public static void Run(params string[] arguments)
    {
        string? peer = Array.Find(arguments, a => a.EndsWith(".onnx", StringComparison.Ordinal));
        string[] names = [.. arguments.Where(a => a != peer)];
        Console.WriteLine("Time of one image, medians of turns of some runs; ratios over ONNX Runtime float");
        foreach (BenchmarkModel network in BenchmarkModel.All.Where(m => names.Length == 0 || names.Contains(m.Name, StringComparer.OrdinalIgnoreCase)))
        {
            IpuModel bytes = BenchmarkModel.Calibrate(network.Import("ALL_UINT8"), network.Photographs(Images));
            IpuModel shorts = BenchmarkModel.Calibrate(network.Import("ALL_INT16"), network.Photographs(Images));
            string exported = Path.Combine(Path.GetTempPath(), $"sgsipu-{network.Name}-{Environment.ProcessId}-qdq.onnx");
            IpuEngine.Export(bytes, exported, ModelFormat.Onnx, overwrite: true);
            foreach (int threads in new[] { 1, 2 })
            {
                Compare(network, bytes, shorts, threads, peer ?? exported);
            }

            File.Delete(exported);
        }
    }

    private static void Compare(BenchmarkModel network, IpuModel bytes, IpuModel shorts, int threads, string peer)
    {
        IpuModel real = network.Import("");
        float[] planes = network.FirstInputs(real).Values.Single().Transpose(0, 3, 1, 2).ToFloats();
        using var options = new SessionOptions { IntraOpNumThreads = threads, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        string temporary = Path.Combine(Path.GetTempPath(), $"sgsipu-{network.Name}-{Environment.ProcessId}.onnx");
        using var session = new OnnxPeer(network.OnnxFile(temporary), planes, options);
        File.Delete(temporary);
        using var other = new OnnxPeer(peer, planes, options);
        using IModelRunner byteRunner = IpuEngine.OpenRunner(bytes, null, threads);
        using IModelRunner shortRunner = IpuEngine.OpenRunner(shorts, null, threads);
        Dictionary<string, Tensor> byteInputs = network.FirstInputs(bytes);
        Dictionary<string, Tensor> shortInputs = network.FirstInputs(shorts);
        ImmutableArray<(double Time, double Processor)> medians = Medians(
            () => byteRunner.Run(byteInputs, CancellationToken.None),
            () => shortRunner.Run(shortInputs, CancellationToken.None),
            session.Run,
            other.Run);
        Report(network, threads, "time", [.. medians.Select(m => m.Time)]);
        Report(network, threads, "processor", [.. medians.Select(m => m.Processor)]);
    }

    private static void Report(BenchmarkModel network, int threads, string what, double[] medians)
    {
        string peer = FormattableString.Invariant($"   int8 peer {medians[3]:0.00} ms, 8-bit over it {medians[0] / medians[3]:0.00} (target 0.5)");
        Console.WriteLine(FormattableString.Invariant(
            $"  {network.Name,-12} {threads} thread{(threads > 1 ? "s" : " ")} {what,-9} 8-bit {medians[0],6:0.00} ms   INT16 {medians[1],6:0.00} ms   float {medians[2],6:0.00} ms   ratios {medians[0] / medians[2]:0.00} (target {network.Target:0.0}), {medians[1] / medians[2]:0.00} (target 1.5){peer}"));
    }

    /// <summary>The median time of each action in ms, and that of the processors, to which other programs do not add; the actions take turns.</summary>
    public static ImmutableArray<(double Time, double Processor)> Medians(params ImmutableArray<Action> actions)
    {
        var times = actions.Select(_ => new List<double>()).ToArray();
        var processor = actions.Select(_ => new List<double>()).ToArray();
        for (int turn = 0; turn < Rounds / Turn; turn++)
        {
            for (int i = 0; i < actions.Length; i++)
            {
                Thread.Sleep(Rest);
                for (int run = 0; run < Turn; run++)
                {
                    TimeSpan used = Environment.CpuUsage.TotalTime;
                    long start = Stopwatch.GetTimestamp();
                    actions[i]();
                    times[i].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                    processor[i].Add((Environment.CpuUsage.TotalTime - used).TotalMilliseconds);
                }
            }
        }

        return [.. times.Zip(processor, static (t, p) => (Median(t), Median(p)))];
    }

    /// <summary>The first third warms up.</summary>
    private static double Median(List<double> times) => times.Skip(Rounds / 3).Order().ElementAt((Rounds - (Rounds / 3)) / 2);
}
