using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>One operator of the catalog.</summary>
/// <param name="Name">Equal to <see cref="Core.Operator.Name"/>.</param>
/// <param name="Type">The record that implements it.</param>
/// <param name="Rules">Gives the import rules; called only where something is imported.</param>
public sealed record OpEntry(string Name, Type Type, Func<ImmutableArray<ImportRule>> Rules)
{
    /// <summary>How frameworks' operators become this one; empty for operators that only passes make.</summary>
    public ImmutableArray<ImportRule> Imports => Rules();
}
