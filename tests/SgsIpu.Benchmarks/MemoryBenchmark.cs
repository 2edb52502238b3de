using System.Diagnostics;
using System.Globalization;
using SgsIpu.Engine;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Benchmarks;

/// <summary>Peak memory of calibrating on 400 images over that on 100, each in a process of its own.</summary>
internal static class MemoryBenchmark
{
    public static void Run()
    {
        long few = Measured(100);
        long many = Measured(400);
        Console.WriteLine("Peak memory of a calibration (L2)");
        Console.WriteLine(FormattableString.Invariant($"  100 images {few >> 20} MiB   400 images {many >> 20} MiB   ratio {(double)many / few:0.000}"));
    }

    public static int Child(int count)
    {
        IpuModel model = MobileNet.Import();
        using FileSampleSource samples = MobileNet.Open(model, MobileNet.Images("calibration", count));
        IpuEngine.Calibrate(model, new CalibrationOptions(samples) { Level = CalibrationLevel.L2 });
        using Process self = Process.GetCurrentProcess();
        Console.WriteLine(self.PeakWorkingSet64.ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    private static long Measured(int count)
    {
        string output = ChildProcess.Run("memory-child", count.ToString(CultureInfo.InvariantCulture));
        return long.Parse(output.Trim(), CultureInfo.InvariantCulture);
    }
}
