namespace SgsIpu.Engine;

/// <summary>How far a long operation has come.</summary>
/// <param name="Phase">What is being done, as a user would say it.</param>
/// <param name="Done">Steps finished.</param>
/// <param name="Total">Steps of the phase; 0 where unknown.</param>
public readonly record struct IpuProgress(string Phase, int Done, int Total);
