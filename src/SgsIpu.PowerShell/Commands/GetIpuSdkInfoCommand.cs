using System.Management.Automation;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Lists the chips and the version of the tool chain.</summary>
[Cmdlet(VerbsCommon.Get, "IpuSdkInfo")]
[OutputType(typeof(IpuSdkInfo))]
public sealed class GetIpuSdkInfoCommand : PSCmdlet
{
    /// <summary>Wildcards choose chips by name.</summary>
    [Parameter(Position = 0)]
    [Alias("soc_version")]
    [SupportsWildcards]
    [ValidateNotNull]
    public string[] SocVersion { get; set; } = ["*"];

    protected override void ProcessRecord()
    {
        Version version = typeof(SocProfile).Assembly.GetName().Version!;
        WildcardPattern[] patterns = [.. SocVersion.Select(p => WildcardPattern.Get(p, WildcardOptions.IgnoreCase))];
        foreach (SocProfile soc in SocProfile.All.Where(s => patterns.Any(p => p.IsMatch(s.Name))))
        {
            WriteObject(new IpuSdkInfo(soc.Name, soc.Generation.ToString(), new Version(version.Major, version.Minor, version.Build), soc.Figures));
        }
    }
}
