using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Compilation.Scheduling;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Quantization;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Comparison;

/// <summary>
/// Runs two stages of a model over the same samples and measures every tensor that both have. Against a float reference, each integer node
/// also runs alone on the reference's inputs, which shows what it loses itself.
/// </summary>
internal sealed class ModelComparer
{
    private readonly IpuModel _reference;
    private readonly IpuModel _model;
    private readonly IReferenceValues? _given;

    /// <summary>The tensors of the model that are compared, with their names in the reference.</summary>
    private readonly Dictionary<string, string> _referenceOf;

    /// <summary>A tensor may stand in several types; the one that its operator computes speaks for it.</summary>
    private readonly Dictionary<string, string> _speaker;
    private readonly Dictionary<string, ErrorSums> _accumulated;
    private readonly Dictionary<string, ErrorSums> _isolated = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ValueRecord> _values;
    private readonly bool _integers;

    private ModelComparer(IpuModel reference, IpuModel model, IReferenceValues? given)
    {
        _reference = reference;
        _model = model;
        _given = given;
        _referenceOf = new TensorPairs(reference.Graph, model.Graph).ReferenceOf.Where(p => given is null || given.Tensors.Contains(p.Value)).ToDictionary(StringComparer.Ordinal);
        _speaker = _referenceOf.GroupBy(p => p.Value, p => p.Key).ToDictionary(
            g => g.Key,
            g => g.FirstOrDefault(t => model.Graph.Producer(t) is { Op: not BoundaryOp }) ?? g.First(),
            StringComparer.Ordinal);
        _accumulated = _referenceOf.ToDictionary(p => p.Key, p => NewSums(p.Value), StringComparer.Ordinal);
        _values = _referenceOf.Values.Distinct().ToDictionary(t => t, t => new ValueRecord(Math.Max(1, reference.Graph[t].Shape.Rank == 0 ? 1 : reference.Graph[t].Shape[-1])), StringComparer.Ordinal);
        _integers = model.Stage != IpuStage.Float && reference.Stage == IpuStage.Float;
    }

    /// <summary>One row for each tensor that both models have, the largest error first.</summary>
    /// <param name="given">What the framework computed, in place of what the reference computes; null for none.</param>
    /// <param name="dump">Is given every tensor of every sample as real numbers: sample, tensor, reference, model; null for none.</param>
    /// <exception cref="IpuException">The models have no tensor in common (id <c>NothingToCompare</c>) or no samples are given (<c>NoSamples</c>).</exception>
    public static IReadOnlyList<IpuTensorComparison> Compare(
        IpuModel reference, IpuModel model, ISampleSource referenceSamples, ISampleSource samples, IReferenceValues? given, Action<string, string, Tensor, Tensor>? dump, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        var comparer = new ModelComparer(reference, model, given);
        if (comparer._accumulated.Count == 0)
        {
            throw new IpuException("NothingToCompare", $"'{reference.Name}' and '{model.Name}' have no tensor in common; are they stages of one network?", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        if (samples.Count == 0)
        {
            throw new IpuException("NoSamples", $"no samples are given to compare '{model.Name}' on", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        comparer.Run(referenceSamples, samples, dump, progress, cancellationToken);
        return comparer.Rows(cancellationToken);
    }

    private void Run(ISampleSource referenceSamples, ISampleSource samples, Action<string, string, Tensor, Tensor>? dump, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        using IModelRunner? reference = _given is null ? Observing(_reference, [.. _values.Keys]) : null;
        using IModelRunner runner = Observing(_model, [.. _accumulated.Keys]);
        var alone = _integers ? new PreparedGraph(_model.Graph, cancellationToken) : null;
        PreparedGraph.Frame? frame = alone?.NewFrame(static t => new byte[t.ByteCount]);
        for (int i = 0; i < samples.Count; i++)
        {
            Sample sample = samples.Read(i, _model.Stage == IpuStage.Float, cancellationToken);
            Sample same = referenceSamples.Read(i, _reference.Stage == IpuStage.Float, cancellationToken);
            IReadOnlyDictionary<string, Tensor> expected = reference?.Run(Inputs(_reference, same), cancellationToken) ?? _given!.Read(same, i, cancellationToken);
            IReadOnlyDictionary<string, Tensor> actual = runner.Run(Inputs(_model, sample), cancellationToken);
            var real = new Dictionary<string, float[]>(StringComparer.Ordinal);
            foreach ((string tensor, ErrorSums sums) in _accumulated)
            {
                float[] values = RealValues.Of(_model.Graph[tensor], actual[tensor]);
                string name = _referenceOf[tensor];
                real.TryAdd(name, _given is null ? RealValues.Of(_reference.Graph[name], expected[name]) : Arrangement.Of(expected[name], _reference.Graph[name], values));
                sums.Add(real[name], values);
                if (tensor != _speaker[name])
                {
                    continue;
                }

                dump?.Invoke(sample.Name, name, Reals(_reference.Graph[name].Shape, real[name]), Reals(_model.Graph[tensor].Shape, values));
            }

            Record(real);
            RunAlone(alone, frame, actual, real, cancellationToken);
            progress?.Report(new IpuProgress("Comparing samples", i + 1, samples.Count));
        }
    }

    private void Record(Dictionary<string, float[]> real)
    {
        foreach (IGrouping<string, string> group in _referenceOf.GroupBy(p => p.Value, p => p.Key))
        {
            TensorSpec spec = _model.Graph[group.First()];
            (double, double) range = spec.Quant is { } q ? RangeOf(spec, q) : (double.NegativeInfinity, double.PositiveInfinity);
            _values[group.Key].Add(real[group.Key], range);
        }
    }

    /// <summary>Runs every node on the integers of the reference's values.</summary>
    private void RunAlone(PreparedGraph? graph, PreparedGraph.Frame? frame, IReadOnlyDictionary<string, Tensor> actual, Dictionary<string, float[]> real, CancellationToken cancellationToken)
    {
        for (int n = 0; graph is not null && n < _model.Graph.Nodes.Length; n++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Node node = _model.Graph.Nodes[n];
            string output = node.Outputs[0];
            if (node.Op is BoundaryOp || !_referenceOf.TryGetValue(output, out string? wanted) || !node.Inputs.All(i => i.Length == 0 || _model.Graph[i].IsConstant || (_referenceOf.ContainsKey(i) && _model.Graph[i].Quant is not null)))
            {
                continue;
            }

            foreach (string input in node.Inputs.Where(i => i.Length > 0 && !_model.Graph[i].IsConstant))
            {
                RealValues.Quantize(_model.Graph[input], real[_referenceOf[input]], frame![input]);
            }

            graph.RunNode(frame!, n, 1);
            TensorSpec spec = _model.Graph[output];
            if (!_isolated.TryGetValue(output, out ErrorSums? sums))
            {
                _isolated[output] = sums = NewSums(wanted);
            }

            sums.Add(real[wanted], RealValues.Of(spec, new Tensor(spec.Type, spec.Shape, frame![output].ToArray())));
        }
    }

    private ImmutableArray<IpuTensorComparison> Rows(CancellationToken cancellationToken)
    {
        IpuModelCost? cost = _model.Stage == IpuStage.Float ? null : CostModel.Measure(_model, SocProfile.Known(_model.SocVersion), 0, cancellationToken);
        Dictionary<string, IpuCommandCost> costs = cost?.Commands.DistinctBy(c => c.Output).ToDictionary(c => c.Output, StringComparer.Ordinal) ?? [];
        var rows = new List<IpuTensorComparison>();

        foreach ((string name, string tensor) in _speaker)
        {
            Node? node = _model.Graph.Producer(tensor);
            costs.TryGetValue(tensor, out IpuCommandCost? command);
            TensorSpec spec = _model.Graph[tensor];
            rows.Add(new IpuTensorComparison(name, node?.Op.Name ?? "", spec.Shape, command is { Macs: > 0 } ? command.Bits : spec.Type.Bits(), _accumulated[tensor].Result)
            {
                Isolated = _isolated.TryGetValue(tensor, out ErrorSums? alone) ? alone.Result : null,
                MacShare = command is { Macs: > 0 } && cost!.Macs > 0 ? command.Macs / (double)cost.Macs : 0,
                Cycles = command?.Cycles ?? 0,
                DramBytes = command?.DramBytes ?? 0,
                Warnings = [.. Warnings(name, node)],
            });
        }

        return [.. rows.OrderBy(r => double.IsNaN(r.Sqnr) ? double.NegativeInfinity : r.Sqnr).ThenBy(r => r.Tensor, StringComparer.Ordinal)];
    }

    private IEnumerable<string> Warnings(string tensor, Node? node)
    {
        foreach (string warning in _values[tensor].Warnings(_reference.Graph.Inputs.Contains(tensor)))
        {
            yield return warning;
        }

        if (node is not null && ValueRecord.WideConcat(node, node.Inputs.Where(_referenceOf.ContainsKey).Select(i => _values[_referenceOf[i]].Largest)) is { } wide)
        {
            yield return wide;
        }
    }

    /// <summary>A runner of which inner tensors are asked; an offline model computes those of the fixed model that it was made from.</summary>
    private static IModelRunner Observing(IpuModel model, string[] tensors) =>
        model.Stage == IpuStage.Float ? new FloatRunner(model.Graph, tensors) : FixedRunner.OfFixed(model.Graph, tensors);

    private static Dictionary<string, Tensor> Inputs(IpuModel model, Sample sample) =>
        model.Graph.Inputs.Zip(sample.Inputs).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);

    private static Tensor Reals(Shape shape, float[] values) => Tensor.FromArray<float>(values, shape);

    /// <summary>What no reader tells apart is no error.</summary>
    private ErrorSums NewSums(string tensor)
    {
        (double low, double high) = ReadDomain.Of(_reference.Graph, tensor);
        return new ErrorSums(low, high);
    }

    private static (double Min, double Max) RangeOf(TensorSpec spec, QuantParam q)
    {
        (int low, int high) = spec.Type == DataType.UInt8 ? (0, 255) : (-short.MaxValue, short.MaxValue);
        double largest = q.Scale.Max();
        return ((low - q.ZeroPoint - 0.5) * largest, (high - q.ZeroPoint + 0.5) * largest);
    }
}
