using System.Diagnostics;
using System.Globalization;
using SgsIpu.Benchmarks.Accuracy;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Ops;

namespace SgsIpu.Benchmarks;

/// <summary>
/// Peak memory, each in a process of its own: of calibrating on 400 images over that on 100, and of observing with memory saving over that
/// without, less what the process held before; of networks of hundreds of megabytes, of calibrating as well.
/// </summary>
internal static class MemoryBenchmark
{
    private const int ObservedPictures = 16;

    /// <summary>When the garbage collector works depends on chance, and a peak with it.</summary>
    private const int Runs = 5;

    private const int LargeSamples = 16;

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
            Console.WriteLine($"  {network,-12} {Compared(plain, saving)}");
        }

        RunLarge();
    }

    /// <summary>Networks that are made on the spot.</summary>
    public static void RunLarge()
    {
        Console.WriteLine(FormattableString.Invariant($"Peak memory of large networks, {LargeSamples} samples, above that of the process before, which holds the weights once"));
        foreach ((string name, Func<byte[]> make) in ((string, Func<byte[]>)[])[("WideResNet", LargeNetwork.WideResNet), ("VGG-16", LargeNetwork.Vgg)])
        {
            string file = Path.Combine(Path.GetTempPath(), $"{name}-{Guid.NewGuid():N}.onnx");
            try
            {
                File.WriteAllBytes(file, make());
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                long[] plain = Measured("large-child", file, "observe");
                long[] saving = Measured("large-child", file, "saving");
                Console.WriteLine(FormattableString.Invariant($"  {name,-12} {new FileInfo(file).Length >> 20} MiB of weights   observing {Compared(plain, saving)}   {plain[2]} ms, {saving[2]} ms"));
                foreach (CalibrationLevel level in (CalibrationLevel[])[CalibrationLevel.L2, CalibrationLevel.L5])
                {
                    long[] whole = Measured("large-child", file, $"{level}");
                    Console.WriteLine(FormattableString.Invariant($"  {name,-12} {level} {(whole[1] - whole[0]) >> 20} MiB   of the whole process {whole[1] >> 20} MiB   {whole[2]} ms"));
                }
            }
            finally
            {
                File.Delete(file);
            }
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

        // Libraries that are loaded and code that is compiled once are not what observing a network takes.
        IpuEngine.Observe(Smallest(), new CalibrationOptions(new ArraySamples([new Tensor(DataType.Float32, new Shape(1, 8, 8, 4))])) { MemorySaving = saving });
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using Process self = Process.GetCurrentProcess();
        long before = self.WorkingSet64;
        ResetPeak();
        IpuEngine.Observe(real, new CalibrationOptions(samples) { MemorySaving = saving });
        Console.WriteLine($"{Number(before)} {Number(Peak())}");
        return 0;
    }

    /// <summary>A network of one convolution.</summary>
    private static IpuModel Smallest()
    {
        var editor = new GraphEditor("smallest");
        editor.AddInput(new TensorSpec("x", DataType.Float32, new Shape(1, 8, 8, 4)));
        editor.Outputs.Add(editor.Add("y", new Conv2DOp(), "x", editor.AddConstant("w", Tensor.FromArray<float>([1, 2, 3, 4], 1, 1, 1, 4))));
        Graph graph = editor.ToGraph();
        return new IpuModel(graph.Name, IpuStage.Float, graph);
    }

    /// <param name="what">observe, saving, or a level.</param>
    public static int LargeChild(string path, string what)
    {
        IpuModel real = IpuEngine.Import(new ImportOptions(path));
        Shape shape = real.Graph[real.Graph.Inputs[0]].Shape;
        var random = new Random(1);
        var samples = new ArraySamples([.. Enumerable.Range(0, LargeSamples).Select(_ => Tensor.FromArray<float>([.. Enumerable.Range(0, (int)shape.Count).Select(_ => random.NextSingle() - 0.5f)], shape))]);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using Process self = Process.GetCurrentProcess();
        long before = self.WorkingSet64;
        ResetPeak();
        var watch = Stopwatch.StartNew();
        if (Enum.TryParse(what, out CalibrationLevel level))
        {
            IpuEngine.Calibrate(real, new CalibrationOptions(samples) { Level = level });
        }
        else
        {
            IpuEngine.Observe(real, new CalibrationOptions(samples) { MemorySaving = what == "saving" });
        }

        Console.WriteLine($"{Number(before)} {Number(Peak())} {Number(watch.ElapsedMilliseconds)}");
        return 0;
    }

    private static string Compared(long[] plain, long[] saving) => FormattableString.Invariant(
        $"{(plain[1] - plain[0]) >> 20} MiB   with memory saving {(saving[1] - saving[0]) >> 20} MiB   ratio {(double)(saving[1] - saving[0]) / (plain[1] - plain[0]):0.00} (<= 0.5)   of the whole process {(double)saving[1] / plain[1]:0.00}");

    /// <summary>Forgets the peak of an import. Elsewhere than on Linux it stays.</summary>
    private static void ResetPeak()
    {
        if (OperatingSystem.IsLinux())
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
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
