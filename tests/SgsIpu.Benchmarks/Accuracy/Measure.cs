namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>One number of a row.</summary>
/// <param name="Target">The limit; null where there is none.</param>
/// <param name="AtMost">True where less is better.</param>
internal sealed record Measure(string Name, double Value, string Unit, double? Target = null, bool AtMost = false)
{
    /// <summary>So that a value equal to its target is not missed by the last bit.</summary>
    private const double Slack = 1e-9;

    private bool IsMet => AtMost ? Value <= Target + Slack : Value >= Target - Slack;

    public override string ToString()
    {
        string value = FormattableString.Invariant($"{Name} {Value:0.00}{Unit}");
        return Target is null ? value : value + FormattableString.Invariant($" ({(AtMost ? "<=" : ">=")} {Target:0.##}: {(IsMet ? "met" : "MISSED")})");
    }
}
