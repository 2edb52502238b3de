namespace SgsIpu.Engine.Files;

/// <summary>The <c>sgs.model</c> metadata of a <c>.sim</c> file.</summary>
/// <param name="Source">Name of the file that the model came from, without its folder.</param>
internal sealed record SimHeader(int Version, string ToolVersion, string Name, IpuStage Stage, string Soc, string Source);
