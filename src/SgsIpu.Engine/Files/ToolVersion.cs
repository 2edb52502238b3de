using System.Reflection;

namespace SgsIpu.Engine.Files;

/// <summary>The version that model files name as their maker.</summary>
internal static class ToolVersion
{
    public static string Text { get; } = $"SgsIpu {Assembly.GetExecutingAssembly().GetName().Version!.ToString(3)}";
}
