namespace SgsIpu.Module.Tests;

/// <summary>Facts that share one runspace, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class ModuleCollection : ICollectionFixture<ModuleFixture>
{
    public const string Name = "The module";
}
