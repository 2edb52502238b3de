using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using SgsIpu.Core;
using SgsIpu.Engine;

namespace SgsIpu.Benchmarks;

/// <summary>Time of one image through the fixed models over ONNX Runtime's float time, on one thread and two, turn by turn.</summary>
internal static class SpeedBenchmark
{
    private const int Rounds = 45;
    private const int Images = 4;

    /// <param name="names">Networks to run; all where there is none.</param>
    public static void Run(params string[] names)
    {
        Console.WriteLine("Time of one image, medians of interleaved runs; ratios over ONNX Runtime float");
        foreach (BenchmarkModel network in BenchmarkModel.All.Where(m => names.Length == 0 || names.Contains(m.Name, StringComparer.OrdinalIgnoreCase)))
        {
            IpuModel bytes = BenchmarkModel.Calibrate(network.Import("ALL_UINT8"), network.Photographs(Images));
            IpuModel shorts = BenchmarkModel.Calibrate(network.Import("ALL_INT16"), network.Photographs(Images));
            foreach (int threads in new[] { 1, 2 })
            {
                Compare(network, bytes, shorts, threads);
            }
        }
    }

    private static void Compare(BenchmarkModel network, IpuModel bytes, IpuModel shorts, int threads)
    {
        IpuModel real = network.Import("");
        using var options = new SessionOptions { IntraOpNumThreads = threads, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using var session = new InferenceSession(network.FullPath, options);
        (string name, NodeMetadata input) = session.InputMetadata.Single();
        float[] planes = network.FirstInputs(real).Values.Single().Transpose(0, 3, 1, 2).ToFloats();
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(planes, [.. input.Dimensions.Select(d => (long)d)]);
        using var run = new Microsoft.ML.OnnxRuntime.RunOptions();
        string[] outputs = [.. session.OutputMetadata.Keys];
        using IModelRunner byteRunner = IpuEngine.OpenRunner(bytes, null, threads);
        using IModelRunner shortRunner = IpuEngine.OpenRunner(shorts, null, threads);
        Dictionary<string, Tensor> byteInputs = network.FirstInputs(bytes);
        Dictionary<string, Tensor> shortInputs = network.FirstInputs(shorts);
        double[] medians = Medians(
            () => byteRunner.Run(byteInputs, CancellationToken.None),
            () => shortRunner.Run(shortInputs, CancellationToken.None),
            () => session.Run(run, [name], [value], outputs).Dispose());
        Console.WriteLine(FormattableString.Invariant(
            $"  {network.Name,-12} {threads} thread{(threads > 1 ? "s" : " ")}  8-bit {medians[0],6:0.00} ms   INT16 {medians[1],6:0.00} ms   float {medians[2],6:0.00} ms   ratios {medians[0] / medians[2]:0.00} (target {network.Target:0.0}), {medians[1] / medians[2]:0.00} (target 1.5)"));
    }

    /// <summary>The median time of each action in ms; they take turns, so that the machine's moods fall on all of them.</summary>
    public static double[] Medians(params ImmutableArray<Action> actions)
    {
        var times = actions.Select(_ => new List<double>()).ToArray();
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < actions.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                actions[i]();
                times[i].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }

        // The first third warms up.
        return [.. times.Select(static t => t.Skip(Rounds / 3).Order().ElementAt((Rounds - (Rounds / 3)) / 2))];
    }
}
