using System.Diagnostics;
using System.Globalization;
using SgsIpu.Benchmarks.Accuracy;
using SgsIpu.Core;
using SgsIpu.Engine;

namespace SgsIpu.Benchmarks;

/// <summary>
/// Offline images of the assets, each in a fresh process: time to load, to the first image, of a steady image; memory, and what of it is the
/// plan; bytes allocated by a run besides its outputs.
/// </summary>
internal static class LoadBenchmark
{
    private const int WarmRuns = 40;
    private const int WarmLoads = 200;
    private const int Measured = 20;

    /// <param name="names">Networks; all where none are given.</param>
    public static void Run(IReadOnlyCollection<string> names)
    {
        Console.WriteLine("Offline images in fresh processes. ms: start = runtime and assemblies; load = file to runner; again = processor time of that after 200; first image;");
        Console.WriteLine("steady images on one and two threads. MB: peak = largest working set; runtime = working set before the load; live = held by the loaded model and one");
        Console.WriteLine("runner, of which file = the image, plan = its arena. Allocated = bytes of a run besides its outputs.");
        Console.WriteLine($"{"image",-32}{"start",6}{"load",6}{"again",7}{"first",7}{"steady",8}{"on two",8}{"peak",8}{"runtime",9}{"live",7}{"file",7}{"plan",7}{"allocated",11}");
        string folder = Directory.CreateTempSubdirectory("sgsipu-load").FullName;
        foreach (string path in (string[])[.. AssetImages.Write(folder, names), LargeImage.Write(folder)])
        {
            double[] t = [.. ChildProcess.Run("load-child", path).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(v => double.Parse(v, CultureInfo.InvariantCulture))];
            Console.WriteLine(FormattableString.Invariant(
                $"{Path.GetFileNameWithoutExtension(path),-32}{t[0],6:0}{t[1],6:0}{t[2],7:0.0}{t[3],7:0}{t[4],8:0.00}{t[5],8:0.00}{t[6] / 1e6,8:0.0}{t[7] / 1e6,9:0.0}{t[8] / 1e6,7:0.0}{new FileInfo(path).Length / 1e6,7:0.0}{t[9] / 1e6,7:0.0}{t[10],11:0}"));
        }

        Directory.Delete(folder, recursive: true);
    }

    public static int Child(string path)
    {
        using Process self = Process.GetCurrentProcess();
        double start = (DateTime.Now - self.StartTime).TotalMilliseconds;
        long before = self.WorkingSet64;
        long held = GC.GetTotalMemory(forceFullCollection: true);
        var clock = Stopwatch.StartNew();
        (IpuModel model, IModelRunner runner) = Load(path, 1);
        double load = clock.Elapsed.TotalMilliseconds;
        Dictionary<string, Tensor> inputs = model.Graph.Inputs.ToDictionary(i => i, i => new Tensor(model.Graph[i].Type, model.Graph[i].Shape));
        clock.Restart();
        runner.Run(inputs, CancellationToken.None);
        double first = clock.Elapsed.TotalMilliseconds;
        double steady = Median(runner, inputs);
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < Measured; i++)
        {
            runner.Run(inputs, CancellationToken.None);
        }

        allocated = (GC.GetTotalAllocatedBytes(precise: true) - allocated) / Measured;
        held = GC.GetTotalMemory(forceFullCollection: true) - held;
        self.Refresh();
        long peak = self.PeakWorkingSet64;
        double again = Median(WarmLoads, () =>
        {
            // Processor time: other processes do not count.
            TimeSpan used = Environment.CpuUsage.TotalTime;
            Load(path, 1).Runner.Dispose();
            return (Environment.CpuUsage.TotalTime - used).TotalMilliseconds;
        });
        runner.Dispose();
        using IModelRunner two = Load(path, 2).Runner;
        double onTwo = Median(two, inputs);
        long outputs = model.Graph.Outputs.Distinct().Sum(o => model.Graph[o].ByteCount);
        Console.WriteLine(FormattableString.Invariant($"{start} {load} {again} {first} {steady} {onTwo} {peak} {before} {held} {model.Image!.Plan.Total} {allocated - outputs}"));
        return 0;
    }

    private static double Median(IModelRunner runner, Dictionary<string, Tensor> inputs)
    {
        var clock = new Stopwatch();
        return Median(WarmRuns, () =>
        {
            clock.Restart();
            runner.Run(inputs, CancellationToken.None);
            return clock.Elapsed.TotalMilliseconds;
        });
    }

    private static double Median(int warm, Func<double> measure)
    {
        for (int i = 0; i < warm; i++)
        {
            measure();
        }

        double[] times = [.. Enumerable.Range(0, Measured).Select(_ => measure()).Order()];
        return times[Measured / 2];
    }

    private static (IpuModel Model, IModelRunner Runner) Load(string path, int threads)
    {
        IpuModel model = IpuEngine.Import(new ImportOptions(path));
        return (model, IpuEngine.OpenRunner(model, null, threads));
    }
}
