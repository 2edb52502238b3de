namespace SgsIpu.Engine.Tests;

/// <summary>The trained models and photographs beside the repository, which not every checkout has.</summary>
internal static class Assets
{
    public static string? Root { get; } = Find();

    public static string Model(string path) => Path.Combine(Root!, "models", path);

    private static string? Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SgsIpu.sln")))
        {
            folder = folder.Parent;
        }

        string? assets = folder?.Parent is { } parent ? Path.Combine(parent.FullName, "shared", "assets") : null;
        return Directory.Exists(assets) ? assets : null;
    }
}
