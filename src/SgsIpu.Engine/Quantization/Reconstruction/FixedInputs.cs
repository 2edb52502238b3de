using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>
/// Where real samples enter a fixed graph: behind its border, which takes the board's bytes. Samples of a calibration are those of the
/// float model.
/// </summary>
internal sealed class FixedInputs
{
    private readonly Graph _real;
    private readonly ImmutableArray<TensorSpec> _entries;

    public FixedInputs(Graph real, Graph graph)
    {
        _real = real;
        var border = new HashSet<string>(StringComparer.Ordinal);
        _entries = [.. real.Inputs.Select(input => Entry(real[input], graph, border))];
        Border = border;
    }

    /// <summary>Nodes that a real sample does not pass through.</summary>
    public IReadOnlySet<string> Border { get; }

    /// <summary>Names of the tensors that a sample enters by.</summary>
    public IEnumerable<string> Entries => _entries.Select(e => e.Name);

    /// <summary>The integers of a sample, by name of the tensor.</summary>
    public IEnumerable<(string Tensor, Tensor Value)> Of(Sample sample) => Of(sample.Inputs);

    /// <summary>The integers of real inputs, by name of the tensor.</summary>
    public IEnumerable<(string Tensor, Tensor Value)> Of(ImmutableArray<Tensor> inputs)
    {
        ModelInputs.Check(_real, _real.Inputs.Zip(inputs).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal));
        return _entries.Zip(inputs, (entry, value) => (entry.Name, entry.Quant is { } quant ? Rounded(value.As<float>(), entry, quant) : value));
    }

    /// <summary>The graph without its border: its inputs are the tensors that a sample enters by.</summary>
    public Graph Behind(Graph graph)
    {
        GraphEditor editor = graph.Edit();
        foreach (Node node in graph.Nodes.Where(n => Border.Contains(n.Name)))
        {
            editor.RemoveNode(node);
        }

        editor.Inputs.Clear();
        foreach (string entry in Entries)
        {
            editor.Inputs.Add(entry);
        }

        editor.RemoveDead();
        return editor.ToGraph();
    }

    /// <summary>
    /// Halves go up, as at the board's border. They are no rarity: a mean of 127.5 puts every pixel between two integers, where the last
    /// bit of a float would otherwise decide, which is noise that the board does not have.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Tensor Rounded(ReadOnlySpan<float> values, TensorSpec entry, QuantParam quant)
    {
        const double Half = 0.5 + 1e-4;
        var result = new Tensor(entry.Type, entry.Shape);
        Span<byte> bytes = entry.Type == DataType.UInt8 ? result.As<byte>() : [];
        Span<short> words = entry.Type == DataType.UInt8 ? [] : result.As<short>();
        (int low, int high) = entry.Type == DataType.UInt8 ? (0, byte.MaxValue) : (-short.MaxValue, short.MaxValue);
        ReadOnlySpan<double> scales = quant.Scale.AsSpan();
        int channel = 0;
        for (int i = 0; i < values.Length; i++)
        {
            int q = (int)Math.Clamp(Math.Floor((values[i] / scales[channel]) + quant.ZeroOf(channel) + Half), low, high);
            channel = channel + 1 == scales.Length ? 0 : channel + 1;
            if (words.IsEmpty)
            {
                bytes[i] = (byte)q;
            }
            else
            {
                words[i] = (short)q;
            }
        }

        return result;
    }

    private static TensorSpec Entry(TensorSpec input, Graph graph, HashSet<string> border)
    {
        // Exact integers have no border; real numbers have integers with a mapping behind it.
        TensorSpec entry = graph[input.Name];
        while (input.Type == DataType.Float32 && !(entry.Quant is not null && entry.Shape == input.Shape))
        {
            Node node = graph.Consumers(entry.Name).First(n => n.Op is BoundaryOp or TransposeOp);
            border.Add(node.Name);
            entry = graph[node.Outputs[0]];
        }

        return entry;
    }
}
