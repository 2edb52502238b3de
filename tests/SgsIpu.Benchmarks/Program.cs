using SgsIpu.Benchmarks;

// Each measurement is a ratio against a peer in the same run. Those that must not share a process with others run in a child.
switch (args)
{
    case ["memory-child", var samples]:
        return MemoryBenchmark.Child(int.Parse(samples, System.Globalization.CultureInfo.InvariantCulture));
    case ["observe-child", var network, var saving]:
        return MemoryBenchmark.ObserveChild(network, bool.Parse(saving));
    case ["large-child", var path, var what]:
        return MemoryBenchmark.LargeChild(path, what);
    case ["load-child", var path]:
        return LoadBenchmark.Child(path);
    case ["import-child"]:
        return ImportBenchmark.Child();
    case ["accuracy", .. var which]:
        return AccuracyBenchmark.Run(which);
    case ["calibration", .. var levels]:
        CalibrationBenchmark.Run(levels);
        return 0;
    case ["models", .. var networks]:
        return ModelsBenchmark.Run(networks);
    case ["memory"]:
        MemoryBenchmark.Run();
        return 0;
    case ["memory", "large"]:
        MemoryBenchmark.RunLarge();
        return 0;
    case ["qmodes-child", var network, var row, .. var options]:
        return QModeBenchmark.Child(network, row, options);
    case ["qmodes", .. var which]:
        QModeBenchmark.Run(which);
        return 0;
    case ["speed", .. var networks]:
        SpeedBenchmark.Run(networks);
        return 0;
    case ["roofline", var network, var format]:
        RooflineBenchmark.Run(network, format);
        return 0;
    case ["plan", .. var folder]:
        PlanBenchmark.Run(folder.FirstOrDefault());
        return 0;
    case ["load", .. var networks]:
        LoadBenchmark.Run(networks);
        return 0;
    case ["digest", var folder]:
        DigestBenchmark.Run(folder);
        return 0;
    case ["import"]:
        ImportBenchmark.Run();
        return 0;
    case []:
        AccuracyBenchmark.Run([]);
        CalibrationBenchmark.Run([]);
        ModelsBenchmark.Run([]);
        MemoryBenchmark.Run();
        SpeedBenchmark.Run();
        PlanBenchmark.Run(null);
        LoadBenchmark.Run([]);
        ImportBenchmark.Run();
        return 0;
    default:
        Console.Error.WriteLine("usage: SgsIpu.Benchmarks [accuracy [network…] [level…] [pictures] [spare] | calibration [level…] | models [network…] | memory [large] | qmodes [network…] [mode[@rate]…] [pictures] [spare] [layers] | speed [network…] | roofline network ALL_UINT8|ALL_INT16 | plan [folder] | load [network…] | digest folder | import]");
        return 2;
}
