using System.Diagnostics;
using System.Globalization;
using SgsIpu.Benchmarks.Accuracy;
using SgsIpu.Engine;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Benchmarks;

/// <summary>
/// Peak memory, each in a process of its own: of calibrating on 400 images over that on 100, and of observing with memory saving over that
/// without, less what the process held before.
/// </summary>
internal static class MemoryBenchmark
{
    private const int ObservedPictures = 16;

    /// <summary>When the garbage collector works depends on chance, and a peak with it.</summary>
    private const int Runs = 5;

    private static readonly string[] Observed = ["mobilenetv2", "yolox", "deeplab"];

    public static void Run()
    {
        long few = Median("memory-child", Number(100));
        long many = Median("memory-child", Number(400));
        Console.WriteLine(FormattableString.Invariant($"Peak memory of a calibration (L2), the median of {Runs} runs"));
        Console.WriteLine(FormattableString.Invariant($"  100 images {few >> 20} MiB   400 images {many >> 20} MiB   ratio {(double)many / few:0.000}"));
        Console.WriteLine("Peak memory of observing, above that of the process before");
        foreach (string network in Observed)
        {
            long[] plain = Measured("observe-child", network, bool.FalseString);
            long[] saving = Measured("observe-child", network, bool.TrueString);
            Console.WriteLine(FormattableString.Invariant(
                $"  {network,-12} {(plain[1] - plain[0]) >> 20} MiB   with memory saving {(saving[1] - saving[0]) >> 20} MiB   ratio {(double)(saving[1] - saving[0]) / (plain[1] - plain[0]):0.00} (<= 0.5)   of the whole process {(double)saving[1] / plain[1]:0.00}"));
        }
    }

    public static int Child(int count)
    {
        IpuModel model = MobileNet.Import();
        using FileSampleSource samples = MobileNet.Open(model, MobileNet.Images("calibration", count));
        IpuEngine.Calibrate(model, new CalibrationOptions(samples) { Level = CalibrationLevel.L2 });
        Console.WriteLine(Number(Peak()));
        return 0;
    }

    public static int ObserveChild(string network, bool saving)
    {
        AccuracyModel model = AccuracyModels.All.Single(m => m.Name == network);
        IpuModel real = model.Import("");
        ISampleSource samples = model.CalibrationSamples(real, ObservedPictures);
        GC.Collect();
        using Process self = Process.GetCurrentProcess();
        long before = self.WorkingSet64;
        IpuEngine.Observe(real, new CalibrationOptions(samples) { MemorySaving = saving });
        Console.WriteLine($"{Number(before)} {Number(Peak())}");
        return 0;
    }

    private static long Peak()
    {
        using Process self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64;
    }

    private static long Median(params string[] arguments) => Enumerable.Range(0, Runs).Select(_ => Measured(arguments)[0]).Order().ElementAt(Runs / 2);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static long[] Measured(params string[] arguments) => [.. ChildProcess.Run(arguments).Split().Where(w => w.Length > 0).Select(w => long.Parse(w, CultureInfo.InvariantCulture))];
}
