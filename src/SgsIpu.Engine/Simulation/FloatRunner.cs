using Microsoft.ML.OnnxRuntime;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Simulation;

/// <summary>Runs a float graph through ONNX Runtime. The model handed to it keeps images channels-first from end to end.</summary>
internal sealed class FloatRunner : IModelRunner, ITensorViewer
{
    private readonly Graph _graph;
    private readonly OnnxSession _session;
    private readonly string[] _outputs;

    /// <param name="observed">Tensors to return besides the graph's outputs.</param>
    public FloatRunner(Graph graph, IReadOnlyList<string>? observed = null)
    {
        _graph = graph;
        _outputs = [.. graph.Outputs.Concat(observed ?? []).Distinct()];
        foreach (string name in _outputs)
        {
            _ = graph[name];
        }

        _session = new OnnxSession(new OnnxEmitter(graph) { ForSession = true }.Emit(_outputs), packs: PackedMatrices.Pay(graph));
    }

    public IReadOnlyDictionary<string, Tensor> Run(IReadOnlyDictionary<string, Tensor> inputs, CancellationToken cancellationToken)
    {
        ModelInputs.Check(_graph, inputs);
        Tensor[] values = _session.Run(inputs, cancellationToken);
        var result = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        for (int i = 0; i < _outputs.Length; i++)
        {
            result[_outputs[i]] = values[i];
        }

        return result;
    }

    public void View(IReadOnlyDictionary<string, Tensor> inputs, TensorView visit, CancellationToken cancellationToken)
    {
        ModelInputs.Check(_graph, inputs);
        _session.Run(inputs, (i, _, _, bytes) => visit(_outputs[i], bytes), cancellationToken);
    }

    /// <summary>Runs once on values that ONNX Runtime holds, and adds the outputs to others.</summary>
    public void Run(Func<string, OrtValue> inputs, FloatValues outputs, CancellationToken cancellationToken)
    {
        foreach ((string name, OrtValue value) in _outputs.Zip(_session.Run(inputs, cancellationToken)))
        {
            outputs[name] = value;
        }
    }

    public void Dispose() => _session.Dispose();
}
