using System.Collections.Immutable;
using System.Text;
using SgsIpu.Core;
using SgsIpu.Engine.Files;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>The files of each sample: from single files, folders and list files.</summary>
public static class ImageList
{
    private const long LargestList = 64 << 20;

    private static readonly string[] Extensions = [".bmp", ".gif", ".jpeg", ".jpg", ".npy", ".png", ".webp"];

    /// <summary>One row a sample, one file an input.</summary>
    /// <param name="paths">Images and arrays, folders (their images and arrays, by name with numbers by value), and text files with a line a sample, whose files
    /// are separated by commas and relative to the list.</param>
    /// <exception cref="IpuException">A path does not exist (id <c>FileNotFound</c>), a folder is empty (<c>NoImages</c>), or a line has
    /// another number of files than the model has inputs (<c>SampleInputCount</c>).</exception>
    public static IReadOnlyList<ImmutableArray<string>> Expand(IEnumerable<string> paths, int inputs)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var samples = new List<ImmutableArray<string>>();
        foreach (string path in paths)
        {
            if (Directory.Exists(path))
            {
                samples.AddRange(Folder(path).Select(f => One(f, inputs)));
            }
            else if (Path.GetExtension(path).ToLowerInvariant() is ".txt" or ".list" or ".lst")
            {
                samples.AddRange(Lines(path, inputs));
            }
            else
            {
                samples.Add(File.Exists(path) ? One(path, inputs) : throw Missing(path, path));
            }
        }

        return samples;
    }

    private static IEnumerable<string> Folder(string folder)
    {
        string[] files = [.. Directory.EnumerateFiles(folder).Where(f => Extensions.Contains(Path.GetExtension(f).ToLowerInvariant())).OrderBy(Path.GetFileName, NaturalOrder.Instance)];
        return files.Length > 0
            ? files
            : throw new IpuException("NoImages", $"folder '{folder}' holds no {string.Join(", ", Extensions)}", IpuErrorKind.NotFound) { Target = folder };
    }

    private static IEnumerable<ImmutableArray<string>> Lines(string list, int inputs)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(list))!;
        string[] lines = Encoding.UTF8.GetString(InputFile.Read(list, LargestList)).TrimStart('\uFEFF').Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0)
            {
                continue;
            }

            ImmutableArray<string> files = [.. line.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(f => Path.GetFullPath(f, folder))];
            if (files.Length != inputs)
            {
                throw Count($"{list}({i + 1})", files.Length, inputs);
            }

            yield return files.FirstOrDefault(f => !File.Exists(f)) is { } missing ? throw Missing(missing, $"{list}({i + 1})") : files;
        }
    }

    private static ImmutableArray<string> One(string file, int inputs) => inputs == 1 ? [file] : throw Count(file, 1, inputs);

    private static IpuException Count(string where, int found, int wanted) =>
        new("SampleInputCount", $"{where}: {found} files for {wanted} inputs; a line of a list file has one for each, separated by commas", IpuErrorKind.InvalidArgument) { Target = where };

    private static IpuException Missing(string file, string where) =>
        new("FileNotFound", file == where ? $"there is no file '{file}'" : $"{where}: there is no file '{file}'", IpuErrorKind.NotFound) { Target = file };
}
