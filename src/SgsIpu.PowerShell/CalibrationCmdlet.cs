using System.Management.Automation;
using SgsIpu.Engine;
using SgsIpu.Engine.Configuration;

namespace SgsIpu.PowerShell;

/// <summary>Commands that calibrate: the parameters of the Q modes.</summary>
public abstract class CalibrationCmdlet : SampleCmdlet
{
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

    /// <summary>The quantization parameters that were named, or null.</summary>
    private protected QuantConfig? ReadQuantConfig() => QuantConfig is { } path ? Engine.Configuration.QuantConfig.Read(IpuPath.Existing(this, path)) : null;

    /// <summary>Options with what these parameters say.</summary>
    private protected CalibrationOptions WithMode(CalibrationOptions options, QuantConfig? config) =>
        options with { QMode = QMode, QuantConfig = config, CalBatchSize = CalBatchSize };

    private protected void WriteWarnings(IpuModel model)
    {
        foreach (string warning in model.Report?.Warnings ?? [])
        {
            WriteWarning($"{model.Name}: {warning}");
        }
    }
}
