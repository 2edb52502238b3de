using System.Management.Automation;
using SgsIpu.Engine;
using SgsIpu.Engine.Configuration;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Tells everything that is wrong with an input_config.ini.</summary>
[Cmdlet(VerbsDiagnostic.Test, "IpuInputConfig")]
[OutputType(typeof(ConfigProblem), typeof(bool))]
public sealed class TestIpuInputConfigCommand : IpuCmdlet
{
    /// <summary>Files of input configurations; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName", "InputConfig", "input_config")]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>The float model that it is for, or the path of its file.</summary>
    [Parameter(Position = 1)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel? Model { get; set; }

    /// <summary>Returns true where there are no errors, in place of the problems.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    protected override void ProcessRecord()
    {
        foreach (string file in ResolveFiles(Path, literal: false))
        {
            if (Try(file, () => InputConfig.Examine(file, Model), out System.Collections.Immutable.ImmutableArray<ConfigProblem> problems))
            {
                if (Quiet)
                {
                    WriteObject(problems.All(p => p.Severity != ConfigSeverity.Error));
                }
                else
                {
                    WriteObject(problems, enumerateCollection: true);
                }
            }
        }
    }
}
