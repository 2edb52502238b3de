using System.Globalization;
using System.Management.Automation;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell;

/// <summary>Tells what a calibration decided, for those who ask with -Verbose.</summary>
internal static class CalibrationTold
{
    public static void Verbose(Cmdlet cmdlet, IpuModel model)
    {
        if (model.Report is not { } report)
        {
            return;
        }

        foreach (TensorDecision decision in report.Decisions)
        {
            cmdlet.WriteVerbose(decision.ToString());
        }

        foreach (string step in report.Steps)
        {
            cmdlet.WriteVerbose(step);
        }

        if (double.IsFinite(report.OutputSqnr))
        {
            cmdlet.WriteVerbose(string.Create(CultureInfo.InvariantCulture, $"{model.Name}: outputs at {report.OutputSqnr:0.0} dB on the samples that were kept"));
        }
    }
}
