using System.Collections.Frozen;

namespace SgsIpu.Engine.Tests.Operators;

/// <summary>
/// Cases that are known not to pass, one a line under the reason in brackets; lines of "#" are remarks. A case under one reason only.
/// </summary>
internal sealed class CaseList
{
    private CaseList(FrozenDictionary<string, string> reasons) => Reasons = reasons;

    /// <summary>The reason of each listed case.</summary>
    public FrozenDictionary<string, string> Reasons { get; }

    public static CaseList Read(string name)
    {
        var reasons = new Dictionary<string, string>(StringComparer.Ordinal);
        string reason = "";
        foreach (string line in File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Operators", name)).Where(l => l.Length > 0 && l[0] != '#'))
        {
            if (line[0] == '[')
            {
                reason = line[1..^1];
            }
            else
            {
                reasons.Add(line, reason);
            }
        }

        return new CaseList(reasons.ToFrozenDictionary(StringComparer.Ordinal));
    }
}
