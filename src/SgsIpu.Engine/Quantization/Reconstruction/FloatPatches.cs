using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Simulation;
using SgsIpu.Frontends.Onnx;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>
/// What the layers of the float model see, at the places that are looked at. Layers that come one after the other share a run of the
/// model, as many as memory allows.
/// </summary>
/// <param name="graph">The float graph.</param>
/// <param name="cuda">The GPU to run on; null for the CPU.</param>
internal sealed class FloatPatches(Graph graph, IReadOnlyList<(Node Node, PatchRows Rows)> layers, ISampleSource samples, IReadOnlyList<int> chosen, int parallel, int? cuda)
{
    /// <summary>Values that are held at once; 128 MiB.</summary>
    private const long Held = 1L << 25;

    private readonly Dictionary<string, float[]> _patches = new(StringComparer.Ordinal);
    private int _next;

    /// <summary>The patches of a layer in real numbers, [chosen samples, PerSample, PatchSize]; layers are asked for in order, each once.</summary>
    public float[] Take(Node node, CancellationToken cancellationToken)
    {
        if (!_patches.Remove(node.Name, out float[]? result))
        {
            Run(cancellationToken);
            _patches.Remove(node.Name, out result);
        }

        return result!;
    }

    private void Run(CancellationToken cancellationToken)
    {
        var group = new List<(Node Node, PatchRows Rows)>();
        for (long values = 0; _next < layers.Count; _next++)
        {
            values += (long)layers[_next].Rows.ValuesPerSample * chosen.Count;
            if (group.Count > 0 && values > Held)
            {
                break;
            }

            group.Add(layers[_next]);
        }

        string[] tensors = [.. group.Select(l => l.Node.Inputs[0]).Distinct(StringComparer.Ordinal)];
        string[] computed = [.. tensors.Where(t => !graph.Inputs.Contains(t))];
        foreach ((Node node, PatchRows rows) in group)
        {
            _patches[node.Name] = new float[(long)rows.ValuesPerSample * chosen.Count];
        }

        if (computed.Length == 0)
        {
            ParallelWork.For(chosen.Count, parallel, i => Inputs(group, i, Read(i, cancellationToken)), cancellationToken);
            return;
        }

        SourceGraph source = new OnnxEmitter(graph).EmitObserved(computed, out bool[] first);
        using var session = new OnnxSession(OnnxWriter.Write(source), [.. source.Outputs.Select(o => o.Name)], cuda: cuda);
        ParallelWork.For(
            chosen.Count,
            parallel,
            i =>
            {
                Dictionary<string, Tensor> inputs = Read(i, cancellationToken);
                Inputs(group, i, inputs);
                session.Run(
                    inputs,
                    (o, _, shape, bytes) => Gather(group, computed[o], i, MemoryMarshal.Cast<byte, float>(bytes), first[o] ? shape[2] * shape[3] : 0),
                    cancellationToken);
            },
            cancellationToken);
    }

    private Dictionary<string, Tensor> Read(int i, CancellationToken cancellationToken) =>
        graph.Inputs.Zip(samples.Read(chosen[i], norm: true, cancellationToken).Inputs).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);

    private void Inputs(List<(Node Node, PatchRows Rows)> group, int i, Dictionary<string, Tensor> inputs)
    {
        foreach (string input in group.Select(l => l.Node.Inputs[0]).Where(inputs.ContainsKey).Distinct(StringComparer.Ordinal))
        {
            Gather(group, input, i, inputs[input].As<float>(), 0);
        }
    }

    private void Gather(List<(Node Node, PatchRows Rows)> group, string tensor, int i, ReadOnlySpan<float> values, int plane)
    {
        foreach ((Node node, PatchRows rows) in group.Where(l => l.Node.Inputs[0] == tensor))
        {
            rows.Gather(i, new RealPixels(values, plane), _patches[node.Name].AsSpan(i * rows.ValuesPerSample, rows.ValuesPerSample));
        }
    }
}
