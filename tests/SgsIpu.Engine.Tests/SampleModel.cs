using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests;

/// <summary>The bundled sample: a small network with its images.</summary>
internal static class SampleModel
{
    public static string Folder { get; } = Find();

    public static IpuModel Float { get; } = IpuEngine.Import(new ImportOptions(Path.Combine(Folder, "shapes.onnx")) { InputConfigPath = Path.Combine(Folder, "input_config.ini") });

    public static IpuModel Fixed { get; } = Calibrate(Float, CalibrationLevel.L2, 2);

    /// <summary>The sample with other lines in its configuration.</summary>
    public static IpuModel With(Func<string, string> edit) =>
        Float with { InputConfig = InputConfig.Parse(edit(File.ReadAllText(Path.Combine(Folder, "input_config.ini"))), "sample.ini") };

    public static IpuModel Calibrate(IpuModel model, CalibrationLevel level, int parallel)
    {
        using FileSampleSource samples = Open(model, "calibration");
        return IpuEngine.Calibrate(model, new CalibrationOptions(samples) { Level = level, NumProcess = parallel });
    }

    /// <summary>Images of a folder, or one image.</summary>
    public static FileSampleSource Open(IpuModel model, string images) => SampleSources.Open(model, new SampleSourceOptions([Path.Combine(Folder, images)]));

    private static string Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "SgsIpu.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder.FullName, "module", "examples", "sample");
    }
}
