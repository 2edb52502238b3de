namespace SgsIpu.PowerShell;

/// <summary>One chip that this version of the tool chain makes models for.</summary>
/// <param name="SocVersion">The name that <c>-SocVersion</c> takes.</param>
/// <param name="Generation">Newer or Older: decides the hardware limits.</param>
/// <param name="ToolVersion">Version of this module.</param>
/// <param name="Figures">What the cost model counts with; estimates where they say so.</param>
public sealed record IpuSdkInfo(string SocVersion, string Generation, Version ToolVersion, SgsIpu.Engine.SocFigures Figures);
