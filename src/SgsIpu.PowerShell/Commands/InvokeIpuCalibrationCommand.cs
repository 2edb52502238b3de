using System.Management.Automation;
using SgsIpu.Engine;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Makes fixed models of float ones.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "IpuCalibration")]
[OutputType(typeof(IpuModel))]
public sealed class InvokeIpuCalibrationCommand : CalibrationCmdlet
{
    /// <summary>Float models, or the paths of their files.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel Model { get; set; } = null!;

    /// <summary>How much work goes into ranges and rounding.</summary>
    [Parameter]
    [Alias("quant_level")]
    public CalibrationLevel QuantLevel { get; set; } = CalibrationLevel.L2;

    /// <summary>Replaces the model's chip.</summary>
    [Parameter]
    [Alias("soc_version")]
    [ArgumentCompleter(typeof(SocCompleter))]
    public string? SocVersion { get; set; }

    /// <summary>Accepted for the vendor's runbooks: samples always stream.</summary>
    [Parameter]
    [Alias("memory_saving")]
    public SwitchParameter MemorySaving { get; set; }

    protected override void ProcessRecord()
    {
        if (!Try(Model, Prepare, out (InputConfig? Config, QuantConfig? Quant, SampleSourceOptions Samples) p))
        {
            return;
        }

        IpuModel model = SocVersion is null ? Model : Model with { SocVersion = SocProfile.Of(IpuPath.Soc(this, SocVersion)).Name };
        WriteVerbose($"{model.Name}: {(QMode is { } mode ? $"mode {mode}" : $"level {QuantLevel}")}");
        bool done = TryRun(
            $"Calibrating {model.Name}",
            model,
            (work, progress) =>
            {
                using FileSampleSource samples = OpenSamples(model, p.Samples, work);
                var options = new CalibrationOptions(samples) { Level = QuantLevel, NumProcess = NumProcess, InputConfig = p.Config };
                return IpuEngine.Calibrate(model, WithMode(options, p.Quant), progress, work.Token);
            },
            out IpuModel result);
        if (done)
        {
            WriteWarnings(result);
            WriteObject(result);
        }
    }

    private (InputConfig? Config, QuantConfig? Quant, SampleSourceOptions Samples) Prepare()
    {
        InputConfig? config = ReadConfig();
        return (config, ReadQuantConfig(), SampleOptions(config));
    }
}
