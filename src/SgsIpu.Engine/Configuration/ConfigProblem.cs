namespace SgsIpu.Engine.Configuration;

/// <summary>A rule of <c>input_config.ini</c> that is broken.</summary>
/// <param name="ErrorId">The rule: stable across versions.</param>
/// <param name="Severity">Errors stop conversion; warnings are what the vendor's tools take otherwise, or ignore.</param>
/// <param name="Line">Counted from 1; of an absent key, the line of its section.</param>
/// <param name="Key">The key concerned; empty where there is none.</param>
public sealed record ConfigProblem(string ErrorId, ConfigSeverity Severity, string File, int Line, string Key, string Message)
{
    public override string ToString() => $"{File}({Line}): {Message}";
}
