using System.Management.Automation;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell;

/// <summary>Tells what became of what was asked of tensors.</summary>
internal static class GivenReport
{
    /// <summary>Refusals that are warned of one by one; a file for another model would have thousands.</summary>
    private const int MostWarnings = 5;

    public static void Tell(Cmdlet cmdlet, IpuModel model)
    {
        GivenOutcome[] outcomes = [.. model.Report?.Given ?? []];
        GivenOutcome[] refused = [.. outcomes.Where(o => !o.Taken)];
        foreach (GivenOutcome o in refused.Take(MostWarnings))
        {
            cmdlet.WriteWarning($"{model.Name}: {o.What.ToLowerInvariant()} of '{o.Tensor}' refused: {o.Reason}");
        }

        if (refused.Length > MostWarnings)
        {
            cmdlet.WriteWarning($"{model.Name}: {refused.Length - MostWarnings} more refused; see the model's Report.Given");
        }

        foreach (GivenOutcome o in outcomes.Where(o => o.Taken))
        {
            cmdlet.WriteVerbose($"{model.Name}: {o.What.ToLowerInvariant()} of '{o.Tensor}' taken{(o.Reason.Length > 0 ? $" ({o.Reason})" : "")}");
        }
    }
}
