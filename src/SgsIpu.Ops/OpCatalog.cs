using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Every operator, by name, with its import rules. A new operator is added here and nowhere else.</summary>
public static class OpCatalog
{
    private static readonly ImmutableArray<OpEntry> Sorted =
    [
        new("Transpose", typeof(TransposeOp), TransposeOp.Imports),
    ];

    private static readonly Dictionary<string, OpEntry> ByName = Sorted.ToDictionary(e => e.Name, StringComparer.Ordinal);

    private static readonly Dictionary<(Framework, string), ImportRule> Rules =
        Sorted.SelectMany(e => e.Imports).ToDictionary(r => (r.Framework, r.OpType));

    public static ImmutableArray<OpEntry> Entries => Sorted;

    /// <summary>The record type of an operator name, or null.</summary>
    public static Type? TypeOf(string name) => ByName.TryGetValue(name, out OpEntry? entry) ? entry.Type : null;

    /// <summary>The rule that lifts a source node, or null where the operator is not supported.</summary>
    public static ImportRule? RuleFor(Framework framework, SourceNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Rules.GetValueOrDefault((framework, node.Domain.Length == 0 ? node.OpType : node.Domain + "." + node.OpType));
    }
}
