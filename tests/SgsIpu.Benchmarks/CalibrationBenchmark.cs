using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using SgsIpu.Engine;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Benchmarks;

/// <summary>Time of calibrating on 100 images over the time of plain ONNX Runtime inference on them, both on all cores.</summary>
internal static class CalibrationBenchmark
{
    private const int Images = 100;
    private const int Rounds = 5;

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
        Cost plain = Best(() => Parallel.For(0, Images, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i => Infer(session, planes[i])));
        Console.WriteLine(FormattableString.Invariant($"Calibration on {Images} images, {Environment.ProcessorCount} cores; plain ONNX Runtime {plain.Wall:0} ms, {plain.Processor:0} ms of processors"));
        Cost observing = Best(() => IpuEngine.Observe(model, new CalibrationOptions(samples)));
        Cost single = Best(() => IpuEngine.Observe(model, new CalibrationOptions(samples) { NumProcess = 1 }));
        Console.WriteLine(FormattableString.Invariant($"  observing alone, a sample at a time  {single.Wall:0} ms, {single.Wall / observing.Wall:0.00} times that of {Environment.ProcessorCount} at once"));
        Console.WriteLine(FormattableString.Invariant($"  observing alone  {observing.Wall:0} ms, ratio {observing.Wall / plain.Wall:0.00}, of processor time {observing.Processor / plain.Processor:0.00}"));
        foreach (CalibrationLevel level in Enum.GetValues<CalibrationLevel>().Where(l => levels.Length == 0 || levels.Contains(l.ToString())))
        {
            Cost time = Best(() => IpuEngine.Calibrate(model, new CalibrationOptions(samples) { Level = level }));
            double target = Targets[(int)level - 1];
            Console.WriteLine(FormattableString.Invariant($"  {level}  {time.Wall:0} ms, ratio {time.Wall / plain.Wall:0.00} (<= {target}), of processor time {time.Processor / plain.Processor:0.00}"));
        }
    }

    private static void Infer(InferenceSession session, float[] input)
    {
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(input, [1, 3, 224, 224]);
        using var run = new Microsoft.ML.OnnxRuntime.RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> _ = session.Run(run, ["input"], [value], ["output"]);
    }

    /// <summary>The least of some rounds. Other work on the machine stretches the wall time, less so the processor time.</summary>
    private static Cost Best(Action action)
    {
        var best = new Cost(double.PositiveInfinity, double.PositiveInfinity);
        using Process self = Process.GetCurrentProcess();
        for (int i = 0; i < Rounds; i++)
        {
            self.Refresh();
            TimeSpan before = self.TotalProcessorTime;
            var clock = Stopwatch.StartNew();
            action();
            double wall = clock.Elapsed.TotalMilliseconds;
            self.Refresh();
            best = new Cost(Math.Min(best.Wall, wall), Math.Min(best.Processor, (self.TotalProcessorTime - before).TotalMilliseconds));
        }

        return best;
    }

    private readonly record struct Cost(double Wall, double Processor);
}
