using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace SgsIpu.Module.Tests;

/// <summary>The one direction of dependence, checked on the built assemblies.</summary>
public sealed class ArchitectureTests
{
    [Theory]
    [InlineData("SgsIpu.Core", "")]
    [InlineData("SgsIpu.Kernels", "SgsIpu.Core")]
    [InlineData("SgsIpu.Ops", "SgsIpu.Core SgsIpu.Kernels")]
    [InlineData("SgsIpu.Frontends", "SgsIpu.Core")]
    [InlineData("SgsIpu.Engine", "SgsIpu.Core SgsIpu.Frontends SgsIpu.Kernels SgsIpu.Ops")]
    [InlineData("SgsIpu.PowerShell", "SgsIpu.Core SgsIpu.Engine")]
    public void AnAssemblyUsesOnlyThoseBelowIt(string assembly, string allowed) =>
        Assert.Subset(allowed.Split(' ').ToHashSet(), References(assembly).Where(r => r.StartsWith("SgsIpu.", StringComparison.Ordinal)).ToHashSet());

    [Theory]
    [InlineData("SgsIpu.Core")]
    [InlineData("SgsIpu.Kernels")]
    [InlineData("SgsIpu.Ops")]
    [InlineData("SgsIpu.Frontends")]
    [InlineData("SgsIpu.Engine")]
    public void OnlyTheCommandsKnowPowerShell(string assembly) => Assert.DoesNotContain("System.Management.Automation", References(assembly));

    private static string[] References(string assembly)
    {
        string bin = Path.Combine(ModuleFixture.Root, "module", "bin");
        string file = new[] { Path.Combine(bin, assembly + ".dll"), Path.Combine(bin, "lib", assembly + ".dll") }.First(File.Exists);
        using var image = new PEReader(File.OpenRead(file));
        MetadataReader reader = image.GetMetadataReader();
        return [.. reader.AssemblyReferences.Select(r => reader.GetString(reader.GetAssemblyReference(r).Name))];
    }
}
