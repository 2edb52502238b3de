namespace SgsIpu.Module.Tests;

/// <summary>A fact about the trained models; reports that it did not run where they are absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AssetFactAttribute : FactAttribute
{
    public AssetFactAttribute()
    {
        if (!Directory.Exists(Folder))
        {
            Skip = "the folder shared/assets is not beside the repository";
        }
    }

    public static string Folder { get; } = Path.Combine(ModuleFixture.Root, "..", "shared", "assets");
}
