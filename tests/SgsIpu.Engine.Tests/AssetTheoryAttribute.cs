namespace SgsIpu.Engine.Tests;

/// <summary>A theory about the trained models; reports that it did not run where they are absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AssetTheoryAttribute : TheoryAttribute
{
    public AssetTheoryAttribute()
    {
        if (Assets.Root is null)
        {
            Skip = "the folder shared/assets is not beside the repository";
        }
    }
}
