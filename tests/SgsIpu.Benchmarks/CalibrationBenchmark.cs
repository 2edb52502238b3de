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
    private const int Rounds = 3;

    public static void Run()
    {
        IpuModel model = MobileNet.Import();
        ImmutableArray<string> images = MobileNet.Images("calibration", Images);
        ISampleSource samples = MobileNet.Preloaded(model, images);
        float[][] planes = [.. Enumerable.Range(0, Images).Select(i => samples.Read(i, true, CancellationToken.None).Inputs[0].Transpose(0, 3, 1, 2).ToFloats())];
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        using var session = new InferenceSession(MobileNet.File, options);
        double plain = Best(() => Parallel.For(0, Images, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i => Infer(session, planes[i])));
        Console.WriteLine(FormattableString.Invariant($"Calibration on {Images} images, {Environment.ProcessorCount} cores; plain ONNX Runtime {plain:0} ms"));
        foreach (CalibrationLevel level in new[] { CalibrationLevel.L1, CalibrationLevel.L2 })
        {
            double time = Best(() => IpuEngine.Calibrate(model, new CalibrationOptions(samples) { Level = level }));
            Console.WriteLine(FormattableString.Invariant($"  {level}  {time:0} ms, ratio {time / plain:0.00}"));
        }
    }

    private static void Infer(InferenceSession session, float[] input)
    {
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(input, [1, 3, 224, 224]);
        using var run = new Microsoft.ML.OnnxRuntime.RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> _ = session.Run(run, ["input"], [value], ["output"]);
    }

    private static double Best(Action action)
    {
        double best = double.PositiveInfinity;
        for (int i = 0; i < Rounds; i++)
        {
            var clock = Stopwatch.StartNew();
            action();
            best = Math.Min(best, clock.Elapsed.TotalMilliseconds);
        }

        return best;
    }
}
