using System.Collections.Frozen;
using SgsIpu.Core;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Simulation;
using SgsIpu.Frontends.Onnx;

namespace SgsIpu.Engine.Comparison;

/// <summary>The original ONNX file, run by ONNX Runtime as it is: nothing of our import is between.</summary>
internal sealed class OnnxReference : IReferenceValues
{
    private readonly Graph _graph;
    private readonly string[] _outputs;
    private readonly OnnxSession _session;

    /// <param name="graph">The float graph that was imported of the file.</param>
    /// <exception cref="IpuException">The file cannot be read, is no ONNX model, or ONNX Runtime refuses it.</exception>
    public OnnxReference(string path, Graph graph)
    {
        _graph = graph;
        FrozenSet<string> wanted = graph.Tensors.Values.Where(t => !t.IsConstant).Select(t => t.Name).ToFrozenSet(StringComparer.Ordinal);
        (byte[] model, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, IReadOnlyList<string> outputs) = OnnxTap.Expose(InputFile.Read(path), wanted, path);
        _outputs = [.. outputs];
        Tensors = _outputs.ToFrozenSet(StringComparer.Ordinal);
        _session = new OnnxSession(model, files, _outputs);
    }

    public IReadOnlySet<string> Tensors { get; }

    public IReadOnlyDictionary<string, Tensor> Read(Sample sample, int index, CancellationToken cancellationToken)
    {
        var inputs = _graph.Inputs.Zip(sample.Inputs).ToDictionary(p => p.First, p => Arrangement.ForSizes(p.Second, _session.SizesOf(p.First)), StringComparer.Ordinal);
        Tensor[] values = _session.Run(inputs, cancellationToken);
        return _outputs.Zip(values).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);
    }

    public void Dispose() => _session.Dispose();
}
