using SgsIpu.Core;
using SgsIpu.Engine.Quantization;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Comparison;

/// <summary>The tensors that two models have in common, and how values of both become comparable.</summary>
internal sealed class ComparedTensors
{
    private readonly Dictionary<string, string> _referenceOf;
    private readonly Dictionary<string, RealMapping> _mappings;
    private readonly Dictionary<string, RealMapping> _referenceMappings;
    private readonly Dictionary<string, string> _speakerOf;

    /// <param name="only">Tensors of the reference that count; null for all.</param>
    public ComparedTensors(Graph reference, Graph model, IReadOnlySet<string>? only)
    {
        (Reference, Model) = (reference, model);
        _referenceOf = new TensorPairs(reference, model).ReferenceOf.Where(p => only?.Contains(p.Value) != false).ToDictionary(StringComparer.Ordinal);
        _mappings = Models.ToDictionary(t => t, t => new RealMapping(model[t]), StringComparer.Ordinal);
        _speakerOf = _referenceOf.GroupBy(p => p.Value, p => p.Key)
            .ToDictionary(g => g.Key, g => g.FirstOrDefault(t => model.Producer(t) is { Op: not BoundaryOp }) ?? g.First(), StringComparer.Ordinal);
        _referenceMappings = References.ToDictionary(t => t, t => new RealMapping(reference[t]), StringComparer.Ordinal);
    }

    public Graph Reference { get; }

    public Graph Model { get; }

    /// <summary>The tensors of the model.</summary>
    public IReadOnlyCollection<string> Models => _referenceOf.Keys;

    /// <summary>The tensors of the reference.</summary>
    public IReadOnlyCollection<string> References => _speakerOf.Keys;

    /// <summary>A tensor of the reference may stand in several types in the model; the one that its operator computes speaks for it.</summary>
    public bool Speaks(string tensor) => _referenceOf.TryGetValue(tensor, out string? reference) && _speakerOf[reference] == tensor;

    /// <summary>Bytes of all values of a sample, in both models and as real numbers.</summary>
    public long SampleBytes => Math.Max(1, References.Sum(r => Reference[r].ByteCount + (Reference[r].Shape.Count * sizeof(float))) + (2 * Models.Sum(t => Model[t].ByteCount)));

    /// <summary>The tensor of the reference that has the values of one of the model; null for none.</summary>
    public string? ReferenceOf(string tensor) => _referenceOf.GetValueOrDefault(tensor);

    /// <summary>What the elements of a tensor of the model stand for.</summary>
    public RealMapping MappingOf(string tensor) => _mappings[tensor];

    /// <summary>What the elements of a tensor of the reference stand for.</summary>
    public RealMapping ReferenceMappingOf(string tensor) => _referenceMappings[tensor];

    /// <summary>True for a tensor of integers that real numbers can be rounded to.</summary>
    public bool IsRounded(string tensor) => _mappings.ContainsKey(tensor) && Model[tensor] is { Quant: not null, Type: DataType.UInt8 or DataType.Int16 };

    /// <summary>Sums for a tensor of the model; what no reader tells apart is no error.</summary>
    public ErrorSums NewSums(string tensor)
    {
        (double low, double high) = ReadDomain.Of(Reference, _referenceOf[tensor]);
        return new ErrorSums(low, high);
    }

    /// <summary>A record of a tensor of the reference.</summary>
    public ValueRecord NewRecord(string reference) => new(Reference[reference].Shape is { Rank: > 0 } shape ? Math.Max(1, shape[-1]) : 1);

    /// <summary>The real numbers that the integers for a tensor of the reference reach; infinite where it has none.</summary>
    public (double Min, double Max) RangeOf(string reference)
    {
        TensorSpec spec = Model[_speakerOf[reference]];
        if (spec.Quant is not { } quant)
        {
            return (double.NegativeInfinity, double.PositiveInfinity);
        }

        (int low, int high) = spec.Type == DataType.UInt8 ? (0, 255) : (-short.MaxValue, short.MaxValue);
        return (quant.Scale.Select((s, c) => (low - quant.ZeroOf(c) - 0.5) * s).Min(), quant.Scale.Select((s, c) => (high - quant.ZeroOf(c) + 0.5) * s).Max());
    }
}
