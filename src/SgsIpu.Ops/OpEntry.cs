using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>One operator of the catalog.</summary>
/// <param name="Name">Equal to <see cref="Core.Operator.Name"/>.</param>
/// <param name="Type">The record that implements it.</param>
/// <param name="Imports">How frameworks' operators become this one; empty for operators that only passes make.</param>
public sealed record OpEntry(string Name, Type Type, ImmutableArray<ImportRule> Imports);
