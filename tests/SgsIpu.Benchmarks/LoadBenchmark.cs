using System.Diagnostics;
using System.Globalization;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Compilation;

namespace SgsIpu.Benchmarks;

/// <summary>A fresh process that loads an offline image and runs it: time to load, to the first image, of a steady image; peak memory over the plan.</summary>
internal static class LoadBenchmark
{
    private const int Images = 4;
    private const int Steady = 40;
    private const int Loads = 9;

    public static void Run()
    {
        Console.WriteLine("Offline images in a fresh process (start = runtime and assemblies; load = file to runner, again = processor time of that once warm; then images on one thread)");
        foreach (BenchmarkModel network in BenchmarkModel.All)
        {
            foreach (string format in new[] { "ALL_UINT8", "ALL_INT16" })
            {
                IpuModel quantized = BenchmarkModel.Calibrate(network.Import(format), network.Photographs(Images));
                string path = Path.Combine(Path.GetTempPath(), $"sgsipu-{network.Name}-{Environment.ProcessId}.img");
                try
                {
                    IpuEngine.Export(IpuEngine.Compile(quantized, new CompileOptions()), path, overwrite: true);
                    double[] t = [.. ChildProcess.Run("load-child", path).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(v => double.Parse(v, CultureInfo.InvariantCulture))];
                    Console.WriteLine(FormattableString.Invariant(
                        $"  {network.Name,-12} {format,-9} {new FileInfo(path).Length / 1e6,5:0.0} MB   start {t[0],4:0} ms   load {t[1],4:0} ms, again {t[2],4:0} ms   first image {t[3],4:0} ms   steady {t[4],6:0.00} ms   memory {t[5] / 1e6,4:0} MB, before {t[6] / 1e6:0} MB, plan {t[7] / 1e6:0.0} MB"));
                }
                finally
                {
                    File.Delete(path);
                }
            }
        }
    }

    public static int Child(string path)
    {
        using Process self = Process.GetCurrentProcess();
        double start = (DateTime.Now - self.StartTime).TotalMilliseconds;
        long before = self.PeakWorkingSet64;
        var clock = Stopwatch.StartNew();
        (IpuModel model, IModelRunner runner) = Load(path);
        double load = clock.Elapsed.TotalMilliseconds;
        Dictionary<string, Tensor> inputs = model.Graph.Inputs.ToDictionary(i => i, i => new Tensor(model.Graph[i].Type, model.Graph[i].Shape));
        clock.Restart();
        runner.Run(inputs, CancellationToken.None);
        double first = clock.Elapsed.TotalMilliseconds;
        double steady = Enumerable.Range(0, Steady).Select(_ =>
        {
            clock.Restart();
            runner.Run(inputs, CancellationToken.None);
            return clock.Elapsed.TotalMilliseconds;
        }).Order().ElementAt(Steady / 2);
        self.Refresh();
        long peak = self.PeakWorkingSet64;
        double again = Enumerable.Range(0, Loads).Select(_ =>
        {
            // Processor time: other processes do not count.
            TimeSpan used = Environment.CpuUsage.TotalTime;
            Load(path).Runner.Dispose();
            return (Environment.CpuUsage.TotalTime - used).TotalMilliseconds;
        }).Order().ElementAt(Loads / 2);
        runner.Dispose();
        Console.WriteLine(FormattableString.Invariant($"{start} {load} {again} {first} {steady} {peak} {before} {model.Image!.Plan.Total}"));
        return 0;
    }

    private static (IpuModel Model, IModelRunner Runner) Load(string path)
    {
        IpuModel model = ImageReader.Read(File.ReadAllBytes(path), path);
        return (model, IpuEngine.OpenRunner(model));
    }
}
