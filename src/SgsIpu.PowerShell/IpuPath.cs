using System.Management.Automation;
using SgsIpu.Core;

namespace SgsIpu.PowerShell;

/// <summary>PowerShell paths (drives, wildcards, relative to the current location) as file names.</summary>
internal static class IpuPath
{
    private const string FileSystem = "FileSystem";

    /// <summary>The existing files and folders that a path stands for, at least one.</summary>
    /// <exception cref="IpuException">Nothing there (id <c>PathNotFound</c>) or not on a file system (id <c>NotAFilePath</c>).</exception>
    public static IReadOnlyList<string> Expand(PSCmdlet cmdlet, string path, bool literal)
    {
        if (literal || !WildcardPattern.ContainsWildcardCharacters(path))
        {
            return [Existing(cmdlet, path)];
        }

        IReadOnlyList<string> found;
        try
        {
            found = cmdlet.GetResolvedProviderPathFromPSPath(path, out ProviderInfo provider);
            Check(provider, path);
        }
        catch (ItemNotFoundException)
        {
            found = [];
        }

        // A file may carry brackets in its name, and a user types that name as it is.
        return found.Count > 0 ? found : [Existing(cmdlet, path)];
    }

    /// <summary>One existing file or folder.</summary>
    public static string Existing(PSCmdlet cmdlet, string path)
    {
        string full = Full(cmdlet, path);
        return Path.Exists(full)
            ? full
            : throw new IpuException("PathNotFound", $"there is no file or folder '{path}' ({full})", IpuErrorKind.NotFound) { Target = path };
    }

    /// <summary>The full file name of something that may not exist yet.</summary>
    public static string Full(PSCmdlet cmdlet, string path)
    {
        string full = cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
        Check(provider, path);
        return full;
    }

    /// <summary>What <c>-SocVersion</c> names: a chip as it is, the file of a profile as a full name.</summary>
    public static string Soc(PSCmdlet cmdlet, string nameOrFile) =>
        nameOrFile.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? Full(cmdlet, nameOrFile) : nameOrFile;

    /// <summary>Checks that a file can be put at <paramref name="file"/>; lifts write protection when forced.</summary>
    public static string PrepareTarget(string file, bool force)
    {
        string? folder = Path.GetDirectoryName(file);
        if (Directory.Exists(file))
        {
            throw new IpuException("TargetIsFolder", $"'{file}' is a folder; give the name of a file in it", IpuErrorKind.InvalidArgument) { Target = file };
        }

        if (!Directory.Exists(folder))
        {
            throw new IpuException("FolderNotFound", $"the folder '{folder}' of '{Path.GetFileName(file)}' does not exist; make it first", IpuErrorKind.NotFound) { Target = file };
        }

        var existing = new FileInfo(file);
        if (existing is { Exists: true, IsReadOnly: true })
        {
            if (!force)
            {
                throw new IpuException("TargetReadOnly", $"'{file}' is read-only; choose another name or use -Force", IpuErrorKind.IO) { Target = file };
            }

            existing.IsReadOnly = false;
        }

        return file;
    }

    private static void Check(ProviderInfo provider, string path)
    {
        if (provider.Name != FileSystem)
        {
            throw new IpuException("NotAFilePath", $"'{path}' is a path of the {provider.Name} provider, not of a file", IpuErrorKind.InvalidArgument) { Target = path };
        }
    }
}
