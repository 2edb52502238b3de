using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Benchmarks;

/// <summary>Time of one image through the fixed model over ONNX Runtime's float time, one thread each, turn by turn.</summary>
internal static class SpeedBenchmark
{
    private const int Rounds = 60;

    public static void Run()
    {
        IpuModel model = MobileNet.Import();
        using FileSampleSource calibration = MobileNet.Open(model, MobileNet.Images("calibration", 20));
        IpuModel integers = IpuEngine.Calibrate(model, new CalibrationOptions(calibration));
        Sample image = MobileNet.Preloaded(integers, MobileNet.Images("evaluation", 1)).Read(0, false, CancellationToken.None);
        float[] planes = MobileNet.Preloaded(model, MobileNet.Images("evaluation", 1)).Read(0, true, CancellationToken.None).Inputs[0].Transpose(0, 3, 1, 2).ToFloats();
        var inputs = new Dictionary<string, Tensor> { ["input"] = image.Inputs[0] };
        using IModelRunner runner = IpuEngine.OpenRunner(integers);
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        using var session = new InferenceSession(MobileNet.File, options);
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(planes, [1, 3, 224, 224]);
        using var run = new Microsoft.ML.OnnxRuntime.RunOptions();
        var ours = new List<double>();
        var peer = new List<double>();
        for (int i = 0; i < Rounds; i++)
        {
            ours.Add(Time(() => runner.Run(inputs, CancellationToken.None)));
            peer.Add(Time(() => session.Run(run, ["input"], [value], ["output"]).Dispose()));
        }

        (double fixedTime, double floatTime) = (Median(ours), Median(peer));
        Console.WriteLine("MobileNetV2, one image, one thread, medians");
        Console.WriteLine(FormattableString.Invariant($"  fixed {fixedTime:0.00} ms   ONNX Runtime float {floatTime:0.00} ms   ratio {fixedTime / floatTime:0.00}"));
    }

    private static double Time(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(List<double> times) => times.Skip(Rounds / 3).Order().ElementAt((Rounds - (Rounds / 3)) / 2);
}
