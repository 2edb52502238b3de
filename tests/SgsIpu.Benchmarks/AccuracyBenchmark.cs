using System.Collections.Immutable;
using SgsIpu.Engine;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Benchmarks;

/// <summary>Top-1 of MobileNetV2 in float and in integers, agreement of the two, and signal-to-noise ratio of the logits.</summary>
internal static class AccuracyBenchmark
{
    public static void Run()
    {
        IpuModel model = MobileNet.Import();
        ImmutableArray<string> images = MobileNet.Images("evaluation", 300);
        int[] classes = [.. images.Select(MobileNet.ClassOf)];
        float[][] real = Logits(model, images);
        Console.WriteLine("MobileNetV2, 100 calibration and 300 evaluation photographs");
        Console.WriteLine(FormattableString.Invariant($"  float  top-1 {100.0 * real.Where((y, i) => Best(y) == classes[i]).Count() / images.Length:0.00} %"));
        foreach (CalibrationLevel level in new[] { CalibrationLevel.L1, CalibrationLevel.L2 })
        {
            using FileSampleSource samples = MobileNet.Open(model, MobileNet.Images("calibration", 100));
            float[][] integers = Logits(IpuEngine.Calibrate(model, new CalibrationOptions(samples) { Level = level }), images);
            double right = 100.0 * integers.Where((y, i) => Best(y) == classes[i]).Count() / images.Length;
            double same = 100.0 * integers.Where((y, i) => Best(y) == Best(real[i])).Count() / images.Length;
            double signal = real.Sum(y => y.Sum(v => (double)v * v));
            double noise = real.Zip(integers).Sum(p => p.First.Zip(p.Second).Sum(v => Math.Pow(v.First - v.Second, 2)));
            Console.WriteLine(FormattableString.Invariant($"  {level}     top-1 {right:0.00} %   agreement {same:0.00} %   SQNR {10 * Math.Log10(signal / noise):0.0} dB"));
        }
    }

    private static float[][] Logits(IpuModel model, ImmutableArray<string> images)
    {
        using FileSampleSource samples = MobileNet.Open(model, images);
        return [.. IpuEngine.Run(model, new RunOptions(samples) { NumProcess = Environment.ProcessorCount }).Select(r => r.Outputs["output"].ToFloats())];
    }

    private static int Best(float[] scores) => Array.IndexOf(scores, scores.Max());
}
