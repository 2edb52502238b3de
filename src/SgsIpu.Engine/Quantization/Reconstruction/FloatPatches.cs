using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Simulation;

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

        foreach ((Node node, PatchRows rows) in group)
        {
            _patches[node.Name] = new float[(long)rows.ValuesPerSample * chosen.Count];
        }

        using var viewer = new FloatViewer(graph, group.Select(l => l.Node.Inputs[0]), cuda);
        ParallelWork.For(
            chosen.Count,
            parallel,
            i => viewer.Run(
                HeldSamples.Named(graph, samples.Read(chosen[i], norm: true, cancellationToken).Inputs),
                (tensor, values, plane) => Gather(group, tensor, i, values, plane),
                cancellationToken),
            cancellationToken);
    }

    private void Gather(List<(Node Node, PatchRows Rows)> group, string tensor, int i, ReadOnlySpan<float> values, int plane)
    {
        foreach ((Node node, PatchRows rows) in group.Where(l => l.Node.Inputs[0] == tensor))
        {
            rows.Gather(i, new RealPixels(values, plane), _patches[node.Name].AsSpan(i * rows.ValuesPerSample, rows.ValuesPerSample));
        }
    }
}
