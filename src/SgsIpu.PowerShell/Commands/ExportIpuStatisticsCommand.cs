using System.Management.Automation;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Writes what calibration observes of a float model to a file.</summary>
[Cmdlet(VerbsData.Export, "IpuStatistics", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportIpuStatisticsCommand : SampleCmdlet
{
    private const string Extension = ".stats";

    /// <summary>Float models, or the paths of their files.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel Model { get; set; } = null!;

    /// <summary>The file, or the folder for a file named as the model.</summary>
    [Parameter]
    [Alias("o", "OutputFile")]
    public string? Path { get; set; }

    /// <summary>Observes the tensors in groups, one run of the samples for each: less memory, more time, the same result.</summary>
    [Parameter]
    [Alias("memory_saving")]
    public SwitchParameter MemorySaving { get; set; }

    /// <summary>Replaces a file that is there, even a read-only one.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        string file = TargetFile(Path, Model.Name + Extension);
        if (!MayWrite(file, $"Observe {Model.Name}", Force) || !Try(Model, Prepare, out (InputConfig? Config, SampleSourceOptions Samples) p))
        {
            return;
        }

        bool done = TryRun(
            $"Observing {Model.Name}",
            Model,
            (work, progress) =>
            {
                using FileSampleSource samples = OpenSamples(Model, p.Samples, work);
                var options = new CalibrationOptions(samples) { NumProcess = NumProcess, MemorySaving = MemorySaving, InputConfig = p.Config };
                CalibrationStatistics statistics = IpuEngine.Observe(Model, options, progress, work.Token);
                statistics.Save(file, Force, work.Token);
                return new FileInfo(file);
            },
            out FileInfo result);
        if (done)
        {
            WriteObject(result);
        }
    }

    private (InputConfig? Config, SampleSourceOptions Samples) Prepare()
    {
        InputConfig? config = ReadConfig();
        return (config, SampleOptions(config));
    }
}
