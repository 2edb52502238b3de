namespace SgsIpu.Engine.Configuration;

/// <summary>How bad a <see cref="ConfigProblem"/> is.</summary>
public enum ConfigSeverity
{
    Error,
    Warning,
}
