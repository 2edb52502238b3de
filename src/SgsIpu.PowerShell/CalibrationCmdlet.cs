using System.Collections.Immutable;
using System.Management.Automation;
using SgsIpu.Engine;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.QuantParams;

namespace SgsIpu.PowerShell;

/// <summary>Commands that calibrate.</summary>
public abstract class CalibrationCmdlet : SampleCmdlet
{
    /// <summary>How much work goes into ranges and rounding.</summary>
    [Parameter]
    [Alias("quant_level")]
    public CalibrationLevel QuantLevel { get; set; } = CalibrationLevel.L5;

    /// <summary>JSON or pickle files of ranges, bits and values of tensors, which win over what calibration finds.</summary>
    [Parameter]
    [Alias("quant_param")]
    [ValidateNotNull]
    public string[] QuantParam { get; set; } = [];

    /// <summary>Observes the tensors in groups, one run of the samples for each: less memory, more time, the same result.</summary>
    [Parameter]
    [Alias("memory_saving")]
    public SwitchParameter MemorySaving { get; set; }

    /// <summary>Calibrates as the vendor's torch_calibrator does, in place of a level: Q10 to Q13 find ranges, Q20 to Q23 also rebuild the weights.</summary>
    [Parameter]
    [Alias("q", "q_mode")]
    public QMode? QMode { get; set; }

    /// <summary>The quant_config.yaml of -QMode.</summary>
    [Parameter]
    [Alias("quant_config")]
    public string? QuantConfig { get; set; }

    /// <summary>Samples that layers are rebuilt on in -QMode, spread evenly over all.</summary>
    [Parameter]
    [Alias("cal_batchsize")]
    [ValidateRange(1, 100_000)]
    public int CalBatchSize { get; set; } = 100;

    /// <summary>The files that the parameters name, read on the pipeline's thread.</summary>
    private protected CalibrationFiles ReadFiles() => new(
        ReadConfig(),
        QuantConfig is { } path ? Engine.Configuration.QuantConfig.Read(IpuPath.Existing(this, path)) : null,
        [.. QuantParam.SelectMany(file => QuantParamFile.Read(IpuPath.Existing(this, file)))]);

    /// <summary>Options with what the parameters and their files say.</summary>
    private protected CalibrationOptions Options(CalibrationOptions options, CalibrationFiles files) => options with
    {
        Level = QuantLevel,
        NumProcess = NumProcess,
        MemorySaving = MemorySaving,
        InputConfig = files.Config,
        Given = files.Given,
        QMode = QMode,
        QuantConfig = files.Quant,
        CalBatchSize = CalBatchSize,
    };

    /// <summary>Tells what a user should know of a calibration: warnings, what became of wishes, and each decision where -Verbose asks.</summary>
    private protected void Tell(IpuModel model)
    {
        foreach (string warning in model.Report?.Warnings ?? [])
        {
            WriteWarning($"{model.Name}: {warning}");
        }

        GivenReport.Tell(this, model);
        CalibrationTold.Verbose(this, model);
    }

    /// <summary>What the files of the parameters hold.</summary>
    private protected sealed record CalibrationFiles(InputConfig? Config, QuantConfig? Quant, ImmutableArray<GivenQuantization> Given);
}
