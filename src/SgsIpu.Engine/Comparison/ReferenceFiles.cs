using System.Collections.Frozen;
using SgsIpu.Core;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Comparison;

/// <summary>
/// Arrays that a framework wrote: a folder with <c>SAMPLE_TENSOR.npy</c> or <c>SAMPLE.npz</c> for each sample, one .npz file with an array
/// for each tensor, or one .npy file of the only output. One file for all samples has a row for each, in the order of the samples.
/// </summary>
internal sealed class ReferenceFiles : IReferenceValues
{
    /// <summary>What a dump of our own adds to the name of a float tensor.</summary>
    private const string OwnSuffix = "_float";

    private readonly string _path;
    private readonly Graph _graph;
    private readonly IReadOnlyDictionary<string, Tensor>? _all;
    private readonly int _samples;

    /// <param name="graph">The reference, whose tensors are looked for.</param>
    /// <param name="first">Name of the first sample.</param>
    /// <exception cref="IpuException">There is nothing at the path (id <c>FileNotFound</c>), or no tensor of the reference in it (<c>NothingToCompare</c>).</exception>
    public ReferenceFiles(string path, Graph graph, string first, int samples)
    {
        _path = path;
        _graph = graph;
        _samples = samples;
        _all = Directory.Exists(path) ? null : ReadFile(path);
        IEnumerable<string> names = graph.Tensors.Values.Where(t => !t.IsConstant).Select(t => t.Name);
        Tensors = (_all is not null ? names.Where(_all.ContainsKey) : names.Where(OfSample(first).Has)).ToFrozenSet(StringComparer.Ordinal);
        if (Tensors.Count == 0)
        {
            throw new IpuException(
                "NothingToCompare",
                $"'{path}' holds no array of a tensor of '{graph.Name}'{(_all is null ? $" for sample '{first}', as {Stem(first)}_TENSOR.npy or in {Stem(first)}.npz" : "")}",
                IpuErrorKind.InvalidArgument) { Target = path };
        }
    }

    public IReadOnlySet<string> Tensors { get; }

    public IReadOnlyDictionary<string, Tensor> Read(Sample sample, int index, CancellationToken cancellationToken)
    {
        if (_all is not null)
        {
            return Tensors.ToDictionary(t => t, t => Row(t, _all[t], index), StringComparer.Ordinal);
        }

        (_, Func<string, Tensor> read) = OfSample(sample.Name);
        return Tensors.ToDictionary(t => t, read, StringComparer.Ordinal);
    }

    public void Dispose()
    {
    }

    private static string Stem(string sample) => Path.GetFileNameWithoutExtension(sample);

    private IReadOnlyDictionary<string, Tensor> ReadFile(string path)
    {
        byte[] bytes = InputFile.Read(path);
        return Path.GetExtension(path).Equals(".npz", StringComparison.OrdinalIgnoreCase)
            ? NpzFile.Read(bytes, path)
            : _graph.Outputs.Length == 1
            ? new Dictionary<string, Tensor>(StringComparer.Ordinal) { [_graph.Outputs[0]] = NpyFile.Read(bytes, path) }
            : throw new IpuException("ReferenceAmbiguous", $"'{path}' is one array, but '{_graph.Name}' has {_graph.Outputs.Length} outputs: give an .npz file or a folder", IpuErrorKind.InvalidArgument) { Target = path };
    }

    private (Func<string, bool> Has, Func<string, Tensor> Read) OfSample(string sample)
    {
        string archive = Path.Combine(_path, Stem(sample) + ".npz");
        if (File.Exists(archive))
        {
            IReadOnlyDictionary<string, Tensor> arrays = NpzFile.Read(InputFile.Read(archive), archive);
            return (arrays.ContainsKey, t => arrays.TryGetValue(t, out Tensor? array) ? array : throw Missing(archive, t, sample));
        }

        string? Existing(string tensor)
        {
            string file = Path.Combine(_path, $"{Stem(sample)}_{string.Join('_', tensor.Split(Path.GetInvalidFileNameChars()))}");
            return new[] { file + ".npy", file + OwnSuffix + ".npy" }.FirstOrDefault(File.Exists);
        }

        return (t => Existing(t) is not null, t => Existing(t) is { } file ? NpyFile.Read(InputFile.Read(file), file) : throw Missing(_path, t, sample));
    }

    private static IpuException Missing(string path, string tensor, string sample) =>
        new("ReferenceMissing", $"'{path}' has no array of tensor '{tensor}' for sample '{sample}'", IpuErrorKind.NotFound) { Target = tensor };

    /// <summary>The values of one sample of an array of all.</summary>
    private Tensor Row(string tensor, Tensor all, int index)
    {
        long count = _graph[tensor].Shape.Count;
        if (all.Shape.Count != count * _samples)
        {
            throw new IpuException(
                "ReferenceShape",
                $"'{_path}': {all.Shape} values of '{tensor}' are not those of {_samples} samples of {_graph[tensor].Shape}",
                IpuErrorKind.InvalidArgument) { Target = tensor };
        }

        if (_samples == 1)
        {
            return all;
        }

        int bytes = (int)all.Type.ByteCount(count);
        Shape row = all.Shape[0] == _samples ? new Shape([1, .. all.Shape.Skip(1)]) : _graph[tensor].Shape;
        return new Tensor(all.Type, row, all.Bytes.Slice(index * bytes, bytes).ToArray());
    }
}
