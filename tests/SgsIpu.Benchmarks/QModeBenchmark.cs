using System.Collections.Immutable;
using System.Diagnostics;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Benchmarks;

/// <summary>The Q modes on MobileNetV2: accuracy, share of 16-bit work, size of the weights, time and peak memory.</summary>
internal static class QModeBenchmark
{
    public static void Run(string[] modes, int evaluation = 300)
    {
        IpuModel model = MobileNet.Import();
        ImmutableArray<string> images = MobileNet.Images("evaluation", evaluation);
        int[] classes = [.. images.Select(MobileNet.ClassOf)];
        float[][] real = Logits(model, images);
        Console.WriteLine(FormattableString.Invariant($"MobileNetV2, 100 calibration and {evaluation} evaluation photographs; float top-1 {100.0 * real.Where((y, i) => Best(y) == classes[i]).Count() / images.Length:0.00} %"));
        Console.WriteLine("  mode          top-1   agree   SQNR dB  rate   MACs16   seconds  peak MiB");
        foreach (string mode in modes)
        {
            string[] parts = mode.Split('@');
            using FileSampleSource samples = MobileNet.Open(model, MobileNet.Images("calibration", 100));
            var clock = Stopwatch.StartNew();
            CalibrationOptions options = Enum.TryParse(parts[0], out QMode q)
                ? new CalibrationOptions(samples) { QMode = q, QuantConfig = parts.Length > 1 ? QuantConfig.Parse($"QUANT_CONFIG: {{mp_rate: {parts[1]}}}", "bench") : null }
                : new CalibrationOptions(samples) { Level = Enum.Parse<CalibrationLevel>(parts[0]) };
            IpuModel integers = IpuEngine.Calibrate(model, options);
            double seconds = clock.Elapsed.TotalSeconds;
            using var self = Process.GetCurrentProcess();
            long peak = self.PeakWorkingSet64 >> 20;
            float[][] logits = Logits(integers, images);
            double right = 100.0 * logits.Where((y, i) => Best(y) == classes[i]).Count() / images.Length;
            double same = 100.0 * logits.Where((y, i) => Best(y) == Best(real[i])).Count() / images.Length;
            double signal = real.Sum(y => y.Sum(v => (double)v * v));
            double noise = real.Zip(logits).Sum(p => p.First.Zip(p.Second).Sum(v => Math.Pow(v.First - v.Second, 2)));
            Console.WriteLine(FormattableString.Invariant($"  {mode,-12} {right,6:0.00}  {same,6:0.00}  {10 * Math.Log10(signal / noise),7:0.0}  {integers.Report?.CompressionRate ?? 0,5:0.000}  {Wide(integers),6:0.0} %  {seconds,7:0.0}  {peak,8}"));
            if (Environment.GetEnvironmentVariable("SGSIPU_LAYERS") is not null)
            {
                foreach (LayerChoice layer in integers.Report?.Layers ?? [])
                {
                    Console.WriteLine(FormattableString.Invariant($"      {layer.Layer,-24} {layer.Operator,-16} {layer.Bit,2} {layer.Weights,8} {layer.Macs,10} {layer.Sensitivity,9:0.0e0} {Decibels(layer.LossBefore),6:0.0} {Decibels(layer.LossAfter),6:0.0}"));
                }
            }
        }
    }

    private static double? Decibels(double? loss) => loss is { } l ? -10 * Math.Log10(l) : null;

    private static double Wide(IpuModel model)
    {
        long all = model.Nodes.Sum(n => Macs(model, n));
        long wide = model.Nodes.Where(n => n.Inputs.Length > 1 && model.Graph[n.Inputs[0]].Type == DataType.Int16).Sum(n => Macs(model, n));
        return 100.0 * wide / all;
    }

    private static long Macs(IpuModel model, Node node) => node.Op is Ops.ImageConvolutionOp or Ops.FullyConnectedOp
        ? ((Ops.IpuOperator)node.Op).Cost(model.Graph.InputsOf(node), model.Graph.OutputsOf(node)).Macs
        : 0;

    private static float[][] Logits(IpuModel model, ImmutableArray<string> images)
    {
        using FileSampleSource samples = MobileNet.Open(model, images);
        return [.. IpuEngine.Run(model, new RunOptions(samples) { NumProcess = Environment.ProcessorCount }).Select(r => r.Outputs["output"].ToFloats())];
    }

    private static int Best(float[] scores) => Array.IndexOf(scores, scores.Max());
}
