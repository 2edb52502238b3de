namespace SgsIpu.Engine.Comparison;

/// <summary>What was measured of some samples.</summary>
internal sealed class SampleErrors(ComparedTensors tensors)
{
    /// <summary>By tensor of the model, with everything before it as it is in the model.</summary>
    public Dictionary<string, ErrorSums> Accumulated { get; } = tensors.Models.ToDictionary(t => t, tensors.NewSums, StringComparer.Ordinal);

    /// <summary>By tensor of the model, of its node alone; none where that cannot be.</summary>
    public Dictionary<string, ErrorSums> Isolated { get; } = new(StringComparer.Ordinal);

    /// <summary>By tensor of the reference.</summary>
    public Dictionary<string, ValueRecord> Values { get; } = tensors.References.ToDictionary(t => t, tensors.NewRecord, StringComparer.Ordinal);

    /// <summary>Adds what was measured of later samples.</summary>
    public void Add(SampleErrors later)
    {
        foreach ((string tensor, ErrorSums sums) in later.Accumulated)
        {
            Accumulated[tensor].Add(sums);
        }

        foreach ((string tensor, ErrorSums sums) in later.Isolated)
        {
            if (!Isolated.TryAdd(tensor, sums))
            {
                Isolated[tensor].Add(sums);
            }
        }

        foreach ((string tensor, ValueRecord record) in later.Values)
        {
            Values[tensor].Add(record);
        }
    }
}
