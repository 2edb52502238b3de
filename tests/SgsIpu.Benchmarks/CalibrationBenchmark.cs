using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using SgsIpu.Engine;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Benchmarks;

/// <summary>Time of calibrating on 100 images, and of comparing the result with the float model on them, over the time of plain ONNX Runtime inference on them, both on all cores.</summary>
internal static class CalibrationBenchmark
{
    private const int Images = 100;
    private const int Rounds = 8;

    /// <summary>What the levels may take over plain inference.</summary>
    private static readonly double[] Targets = [2.5, 3, 4, 8, 12];

    public static void Run(string[] levels)
    {
        IpuModel model = MobileNet.Import();
        ImmutableArray<string> images = MobileNet.Images("calibration", Images);
        ISampleSource samples = MobileNet.Preloaded(model, images);
        float[][] planes = [.. Enumerable.Range(0, Images).Select(i => samples.Read(i, true, CancellationToken.None).Inputs[0].Transpose(0, 3, 1, 2).ToFloats())];
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        using var session = new InferenceSession(MobileNet.File, options);
        void Infer100() => Parallel.For(0, Images, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i => Infer(session, planes[i]));
        Console.WriteLine(FormattableString.Invariant($"Calibration on {Images} images, {Environment.ProcessorCount} cores, over plain ONNX Runtime in turns, least of {Rounds}"));
        Compare("observing alone, a sample at a time", double.NaN, () => IpuEngine.Observe(model, new CalibrationOptions(samples) { NumProcess = 1 }), Infer100);
        Compare("observing alone", double.NaN, () => IpuEngine.Observe(model, new CalibrationOptions(samples)), Infer100);
        foreach (CalibrationLevel level in Enum.GetValues<CalibrationLevel>().Where(l => levels.Length == 0 || levels.Contains(l.ToString())))
        {
            Compare(level.ToString(), Targets[(int)level - 1], () => IpuEngine.Calibrate(model, new CalibrationOptions(samples) { Level = level }), Infer100);
        }

        IpuModel integers = IpuEngine.Calibrate(model, new CalibrationOptions(samples) { Level = CalibrationLevel.L2 });
        ISampleSource board = MobileNet.Preloaded(integers, images);
        Compare("comparing every tensor, all before it and it alone in integers", double.NaN, () => IpuEngine.Compare(model, integers, samples, board), Infer100);
    }

    private static void Compare(string what, double target, Action action, Action plain)
    {
        var best = new Cost(double.PositiveInfinity, double.PositiveInfinity);
        Cost least = best;
        for (int i = 0; i < Rounds; i++)
        {
            least = Least(least, Measure(plain));
            best = Least(best, Measure(action));
        }

        string wanted = double.IsNaN(target) ? "" : FormattableString.Invariant($" (<= {target})");
        Console.WriteLine(FormattableString.Invariant($"  {what}  {best.Wall:0} over {least.Wall:0} ms, ratio {best.Wall / least.Wall:0.00}{wanted}, of processor time {best.Processor / least.Processor:0.00}"));
    }

    private static void Infer(InferenceSession session, float[] input)
    {
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(input, [1, 3, 224, 224]);
        using var run = new Microsoft.ML.OnnxRuntime.RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> _ = session.Run(run, ["input"], [value], ["output"]);
    }

    /// <summary>Other work on the machine stretches the wall time, less so the processor time.</summary>
    private static Cost Measure(Action action)
    {
        using Process self = Process.GetCurrentProcess();
        TimeSpan before = self.TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        action();
        double wall = clock.Elapsed.TotalMilliseconds;
        self.Refresh();
        return new Cost(wall, (self.TotalProcessorTime - before).TotalMilliseconds);
    }

    private static Cost Least(Cost a, Cost b) => new(Math.Min(a.Wall, b.Wall), Math.Min(a.Processor, b.Processor));

    private readonly record struct Cost(double Wall, double Processor);
}
