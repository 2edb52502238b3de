using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace SgsIpu.PowerShell;

/// <summary>
/// Holds the engine and the third-party libraries that it uses, apart from those of other modules in the same session. Only the cmdlets
/// live in PowerShell's own context; what they ask for is handed over from here.
/// </summary>
public sealed class ModuleLoadContext : AssemblyLoadContext
{
    private static readonly Lock Gate = new();
    private static ModuleLoadContext? s_instance;

    private readonly string _libraries;
    private readonly string _natives;

    private ModuleLoadContext(string bin)
        : base("SgsIpu")
    {
        _libraries = Path.Combine(bin, "lib");
        _natives = Path.Combine(bin, "runtimes", Rid(), "native");
    }

    /// <summary>Serves <c>SgsIpu.*</c> assemblies to the cmdlets from <paramref name="bin"/>. Later calls change nothing.</summary>
    public static void Attach(string bin)
    {
        lock (Gate)
        {
            if (s_instance is null)
            {
                s_instance = new ModuleLoadContext(bin);
                Default.Resolving += static (_, name) =>
                    name.Name?.StartsWith("SgsIpu.", StringComparison.Ordinal) == true ? s_instance.Load(name) : null;
            }
        }
    }

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        ArgumentNullException.ThrowIfNull(assemblyName);
        string path = Path.Combine(_libraries, assemblyName.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        ArgumentNullException.ThrowIfNull(unmanagedDllName);
        foreach (string name in FileNames(Path.GetFileName(unmanagedDllName)))
        {
            string path = Path.Combine(_natives, name);
            if (File.Exists(path))
            {
                return LoadUnmanagedDllFromPath(path);
            }
        }

        return 0;
    }

    private static string[] FileNames(string name) =>
        OperatingSystem.IsWindows() ? [name, name + ".dll"]
        : OperatingSystem.IsMacOS() ? [name, name + ".dylib", "lib" + name + ".dylib"]
        : [name, name + ".so", "lib" + name + ".so"];

    private static string Rid()
    {
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        return system + "-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
    }
}
