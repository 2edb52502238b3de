using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Comparison;

/// <summary>Compares samples one after the other, in memory that is used again.</summary>
/// <param name="reference">Null where <paramref name="given"/> takes its place.</param>
/// <param name="alone">The model, to run nodes of it on the reference's values; null for none.</param>
/// <param name="dump">As for <see cref="ModelComparer.Compare"/>.</param>
internal sealed class SampleComparer(
    ComparedTensors tensors, ITensorViewer? reference, ITensorViewer model, IReferenceValues? given, PreparedGraph? alone, Action<string, string, Tensor, Tensor>? dump)
{
    private readonly PreparedGraph.Frame? _frame = alone?.NewFrame(static t => new byte[t.ByteCount]);

    /// <summary>The reference's values of the sample at hand.</summary>
    private readonly Dictionary<string, float[]> _real = tensors.References.ToDictionary(t => t, t => new float[tensors.Reference[t].Shape.Count], StringComparer.Ordinal);

    /// <param name="same">The sample as the reference takes it.</param>
    public SampleErrors Compare(int index, Sample same, Sample sample, CancellationToken cancellationToken)
    {
        var errors = new SampleErrors(tensors);
        IReadOnlyDictionary<string, Tensor>? expected = given?.Read(same, index, cancellationToken);
        reference?.View(Inputs(tensors.Reference, same), ReadReference, cancellationToken);
        model.View(Inputs(tensors.Model, sample), ReadModel, cancellationToken);
        foreach ((string tensor, ValueRecord record) in errors.Values)
        {
            record.Add(_real[tensor], tensors.RangeOf(tensor));
        }

        RunAlone(errors, cancellationToken);
        return errors;

        void ReadReference(string tensor, ReadOnlySpan<byte> values)
        {
            if (_real.TryGetValue(tensor, out float[]? real))
            {
                tensors.ReferenceMappingOf(tensor).Read(values, real);
            }
        }

        void ReadModel(string tensor, ReadOnlySpan<byte> values)
        {
            if (tensors.ReferenceOf(tensor) is not { } name)
            {
                return;
            }

            if (expected is not null)
            {
                _real[name] = Arrangement.Of(expected[name], tensors.Reference[name], RealMapping.All(tensors.Model[tensor], values));
            }

            errors.Accumulated[tensor].Add(_real[name], tensors.MappingOf(tensor), values);
            if (dump is not null && tensors.Speaks(tensor))
            {
                dump(sample.Name, name, Tensor.FromArray<float>(_real[name], tensors.Reference[name].Shape), Tensor.FromArray<float>(RealMapping.All(tensors.Model[tensor], values), tensors.Model[tensor].Shape));
            }
        }
    }

    private static Dictionary<string, Tensor> Inputs(Graph graph, Sample sample) => graph.Inputs.Zip(sample.Inputs).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);

    /// <summary>Runs every node on the integers of the reference's values, which take the place of what it computed when it is done.</summary>
    private void RunAlone(SampleErrors errors, CancellationToken cancellationToken)
    {
        if (alone is null)
        {
            return;
        }

        Round(tensors.Model.Inputs);
        for (int n = 0; n < tensors.Model.Nodes.Length; n++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Node node = tensors.Model.Nodes[n];
            string output = node.Outputs[0];
            if (node.Op is not BoundaryOp && tensors.ReferenceOf(output) is { } wanted && node.Inputs.All(i => i.Length == 0 || tensors.Model[i].IsConstant || tensors.IsRounded(i)))
            {
                alone.RunNode(_frame!, n, 1);
                ErrorSums sums = tensors.NewSums(output);
                sums.Add(_real[wanted], tensors.MappingOf(output), _frame![output]);
                errors.Isolated.Add(output, sums);
            }

            Round(node.Outputs);
        }
    }

    private void Round(IEnumerable<string> names)
    {
        foreach (string tensor in names.Where(tensors.IsRounded))
        {
            tensors.MappingOf(tensor).Write(_real[tensors.ReferenceOf(tensor)!], _frame![tensor]);
        }
    }
}
