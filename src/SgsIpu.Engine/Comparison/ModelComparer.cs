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
/// also runs alone on the reference's inputs, which shows what it loses itself. Results do not depend on how many samples run at once.
/// </summary>
internal sealed class ModelComparer
{
    /// <summary>What all samples that run at once may hold.</summary>
    private const long MostBytes = 1L << 30;

    private readonly IpuModel _reference;
    private readonly IpuModel _model;
    private readonly ComparedTensors _tensors;
    private readonly SampleErrors _errors;

    private ModelComparer(IpuModel reference, IpuModel model, ComparedTensors tensors)
    {
        _reference = reference;
        _model = model;
        _tensors = tensors;
        _errors = new SampleErrors(tensors);
    }

    /// <summary>One row for each tensor that both models have, the largest error first.</summary>
    /// <param name="given">What the framework computed, in place of what the reference computes; null for none.</param>
    /// <param name="dump">Is given every tensor of every sample as real numbers: sample, tensor, reference, model; null for none.</param>
    /// <exception cref="IpuException">The models have no tensor in common (id <c>NothingToCompare</c>) or no samples are given (<c>NoSamples</c>).</exception>
    public static IReadOnlyList<IpuTensorComparison> Compare(
        IpuModel reference, IpuModel model, ISampleSource referenceSamples, ISampleSource samples, IReferenceValues? given, Action<string, string, Tensor, Tensor>? dump, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        var tensors = new ComparedTensors(reference.Graph, model.Graph, given?.Tensors);
        if (tensors.References.Count == 0)
        {
            throw new IpuException("NothingToCompare", $"'{reference.Name}' and '{model.Name}' have no tensor in common; are they stages of one network?", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        if (samples.Count == 0)
        {
            throw new IpuException("NoSamples", $"no samples are given to compare '{model.Name}' on", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        var comparer = new ModelComparer(reference, model, tensors);
        comparer.Run(referenceSamples, samples, given, dump, progress, cancellationToken);
        return comparer.Rows(cancellationToken);
    }

    private void Run(ISampleSource referenceSamples, ISampleSource samples, IReferenceValues? given, Action<string, string, Tensor, Tensor>? dump, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        using ITensorViewer? reference = given is null ? Viewer(_reference, _tensors.References) : null;
        using ITensorViewer model = Viewer(_model, _tensors.Models);
        PreparedGraph? alone = _model.Stage != IpuStage.Float && _reference.Stage == IpuStage.Float ? new PreparedGraph(_model.Graph, cancellationToken) : null;
        int most = (int)Math.Clamp(MostBytes / _tensors.SampleBytes, 1, Math.Min(samples.Count, Environment.ProcessorCount));
        dump = OneAtATime(dump);
        SampleComparer[] comparers = [.. Enumerable.Range(0, most).Select(_ => new SampleComparer(_tensors, reference, model, given, alone, dump))];
        var errors = new SampleErrors[most];
        for (int first = 0; first < samples.Count; first += most)
        {
            int count = Math.Min(most, samples.Count - first);
            ParallelWork.For(
                count,
                count,
                i =>
                {
                    Sample sample = samples.Read(first + i, _model.Stage == IpuStage.Float, cancellationToken);
                    Sample same = referenceSamples.Read(first + i, _reference.Stage == IpuStage.Float, cancellationToken);
                    errors[i] = comparers[i].Compare(first + i, same, sample, cancellationToken);
                },
                cancellationToken);

            // In the order of the samples: sums of real numbers depend on it.
            for (int i = 0; i < count; i++)
            {
                _errors.Add(errors[i]);
            }

            progress?.Report(new IpuProgress("Comparing samples", first + count, samples.Count));
        }
    }

    private ImmutableArray<IpuTensorComparison> Rows(CancellationToken cancellationToken)
    {
        IpuModelCost? cost = _model.Stage == IpuStage.Float ? null : CostModel.Measure(_model, SocProfile.Known(_model.SocVersion), 0, cancellationToken);
        Dictionary<string, IpuCommandCost> costs = cost?.Commands.DistinctBy(c => c.Output).ToDictionary(c => c.Output, StringComparer.Ordinal) ?? [];
        var rows = new List<IpuTensorComparison>();

        foreach (string tensor in _tensors.Models.Where(_tensors.Speaks))
        {
            string name = _tensors.ReferenceOf(tensor)!;
            Node? node = _model.Graph.Producer(tensor);
            costs.TryGetValue(tensor, out IpuCommandCost? command);
            TensorSpec spec = _model.Graph[tensor];
            rows.Add(new IpuTensorComparison(name, node?.Op.Name ?? "", spec.Shape, command is { Macs: > 0 } ? command.Bits : spec.Type.Bits(), _errors.Accumulated[tensor].Result)
            {
                Isolated = _errors.Isolated.TryGetValue(tensor, out ErrorSums? alone) ? alone.Result : null,
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
        foreach (string warning in _errors.Values[tensor].Warnings(_reference.Graph.Inputs.Contains(tensor)))
        {
            yield return warning;
        }

        if (node is not null && ValueRecord.WideConcat(node, node.Inputs.Select(_tensors.ReferenceOf).OfType<string>().Select(r => _errors.Values[r].Largest)) is { } wide)
        {
            yield return wide;
        }
    }

    private static Action<string, string, Tensor, Tensor>? OneAtATime(Action<string, string, Tensor, Tensor>? dump)
    {
        var gate = new Lock();
        return dump is null ? null : (sample, tensor, reference, model) =>
        {
            lock (gate)
            {
                dump(sample, tensor, reference, model);
            }
        };
    }

    /// <summary>Shows inner tensors as well; an offline model computes those of the fixed model that it was made from.</summary>
    private static ITensorViewer Viewer(IpuModel model, IEnumerable<string> tensors) =>
        model.Stage == IpuStage.Float ? new FloatRunner(model.Graph, [.. tensors]) : FixedRunner.OfFixed(model.Graph, [.. tensors]);
}
