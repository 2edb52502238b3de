using System.Globalization;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>
/// Rebuilds the weights of a fixed graph layer by layer, in the order in which they run: each for the inputs that the layers before it,
/// already rebuilt, really give it.
/// </summary>
/// <param name="real">The float graph.</param>
/// <param name="cuda">The GPU that the float graph runs on; null for the CPU.</param>
internal sealed class Reconstructor(Graph real, CalibrationOptions options, int rounds, int? cuda, IProgress<IpuProgress>? progress)
{
    /// <summary>Of so many samples one is held back to judge.</summary>
    private const int JudgeEvery = 5;

    /// <summary>Rebuilds every layer that can be.</summary>
    /// <param name="graph">The fixed graph, with weights rounded one by one.</param>
    /// <param name="fourBits">Nodes whose weights are to have 4 bits.</param>
    /// <param name="narrow">Whether each 8-bit layer is to be rounded to 4 bits as well.</param>
    public (Graph Graph, Dictionary<string, RebuiltLayer> Layers) Rebuild(Graph graph, IReadOnlySet<string> fourBits, bool narrow, CancellationToken cancellationToken)
    {
        (int[] chosen, int training) = Choose();
        (Node Node, PatchRows Rows)[] layers = [.. Layers(graph).Select(l => (l.Node, new PatchRows(l.Geometry, chosen.Length)))];
        Dictionary<string, LayerGeometry> geometry = Layers(graph).ToDictionary(l => l.Node.Name, l => l.Geometry, StringComparer.Ordinal);
        var patches = new FloatPatches(real, layers, options.Samples, chosen, options.NumProcess, cuda);
        var walk = new FixedWalk(graph, new FixedInputs(real, graph), options.Samples, chosen, options.NumProcess, cancellationToken);
        Dictionary<string, int> positions = graph.Nodes.Select((n, i) => (n.Name, i)).ToDictionary(p => p.Name, p => p.i, StringComparer.Ordinal);
        var results = new Dictionary<string, RebuiltLayer>(StringComparer.Ordinal);
        string phase = "Rebuilding layers";
        for (int i = 0; i < layers.Length; i++)
        {
            progress?.Report(new IpuProgress(phase, i, layers.Length));
            (Node node, PatchRows rows) = layers[i];
            Node quantized = graph.Nodes[positions[node.Name]];
            walk.RunTo(positions[node.Name], options.NumProcess, cancellationToken);
            RebuiltLayer rebuilt = Rebuild(walk, node, quantized, geometry[node.Name], rows, patches.Take(node, cancellationToken), chosen.Length, training, fourBits.Contains(node.Name), narrow, cancellationToken);
            walk.Replace(quantized, rebuilt.Rounded);
            results[node.Name] = rebuilt;

            // Large arrays come and go with each layer; the collector would wait much longer than memory should grow.
            GC.Collect();
            phase = string.Create(CultureInfo.InvariantCulture, $"Rebuilding layers ({node.Name}: {Decibels(rebuilt.LossBefore):0.0} to {Decibels(rebuilt.LossAfter):0.0} dB)");
        }

        return (walk.ToGraph(), results);
    }

    /// <summary>Signal over error.</summary>
    private static double Decibels(double loss) => -10 * Math.Log10(Math.Max(loss, 1e-12));

    private RebuiltLayer Rebuild(
        FixedWalk walk, Node node, Node quantized, LayerGeometry layer, PatchRows rows, float[] seen, int samples, int training, bool fourBits, bool narrow, CancellationToken cancellationToken)
    {
        TensorSpec input = walk.Spec(quantized.Inputs[0]);
        var integers = new float[seen.Length];
        ParallelWork.For(
            samples,
            options.NumProcess,
            s => rows.Gather(s, new IntegerPixels(walk.Bytes(input.Name, s), input.Type, input.Quant!.ZeroPoint), integers.AsSpan(s * rows.ValuesPerSample, rows.ValuesPerSample)),
            cancellationToken);
        QuantRule rule = ((IpuOperator)node.Op).Quantize(real.InputsOf(node));
        TensorSpec weights = walk.Spec(quantized.Inputs[1]);
        float[] bias = node.Inputs.Length > 2 && node.Inputs[2].Length > 0 ? real[node.Inputs[2]].Constant!.ToFloats() : new float[layer.Outputs];
        bool wide = input.Type == DataType.Int16;
        var rebuilder = new LayerRebuilder(layer, real[node.Inputs[1]].Constant!, bias, input.Quant!, wide, rule.WeightAxis, Bounds(node), rounds);
        return rebuilder.Rebuild(
            new RoundedWeights(weights.Constant!, weights.Quant!, null, null),
            integers,
            seen,
            samples * rows.PerSample,
            training * rows.PerSample,
            narrow && !wide,
            fourBits && !wide,
            cancellationToken);
    }

    /// <summary>Bounds of the activation that is part of the node.</summary>
    private (double, double) Bounds(Node node) => node.Op switch
    {
        ImageConvolutionOp op when (op.ActivationMin, op.ActivationMax) != (float.NegativeInfinity, float.PositiveInfinity) => (op.ActivationMin, op.ActivationMax),
        FullyConnectedOp op when (op.ActivationMin, op.ActivationMax) != (float.NegativeInfinity, float.PositiveInfinity) => (op.ActivationMin, op.ActivationMax),
        _ => (double.NegativeInfinity, double.PositiveInfinity),
    };

    /// <summary>The layers of the float graph that the fixed graph has as they are.</summary>
    private IEnumerable<(Node Node, LayerGeometry Geometry)> Layers(Graph graph)
    {
        Dictionary<string, Node> quantized = graph.Nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        foreach (Node node in real.Nodes)
        {
            if (LayerGeometry.Of(real, node) is { } geometry && quantized.TryGetValue(node.Name, out Node? other) && other.Op.Name == node.Op.Name)
            {
                yield return (node, geometry);
            }
        }
    }

    /// <summary>Samples spread evenly, those to learn from first.</summary>
    private (int[] Chosen, int Training) Choose()
    {
        int count = Math.Min(options.CalBatchSize, options.Samples.Count);
        int[] spread = [.. Enumerable.Range(0, count).Select(i => (int)((long)i * options.Samples.Count / count))];
        if (count < JudgeEvery)
        {
            return (spread, count);
        }

        int[] judges = [.. spread.Where((_, i) => i % JudgeEvery == JudgeEvery - 1)];
        return ([.. spread.Except(judges), .. judges], count - judges.Length);
    }
}
