using SgsIpu.Core;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Quantization;

namespace SgsIpu.Engine;

/// <summary>
/// What was observed of a float model over samples: enough for a calibration at any level, with any configuration of convolutions and any wishes,
/// without running the samples again. A few samples are part of it, because the higher levels measure on them.
/// </summary>
public sealed class CalibrationStatistics
{
    internal CalibrationStatistics(string model, string fingerprint, IReadOnlyDictionary<string, ActivationStatistics> tensors, HeldSamples held)
    {
        Model = model;
        Fingerprint = fingerprint;
        Tensors = tensors;
        Held = held;
    }

    /// <summary>Name of the model.</summary>
    public string Model { get; }

    /// <summary>SHA-256 of the float graph and the normalization of its inputs, in hexadecimal digits.</summary>
    public string Fingerprint { get; }

    /// <summary>How many samples were observed.</summary>
    public int Samples => Tensors.Count == 0 ? 0 : Tensors.Values.Max(t => t.Samples);

    internal IReadOnlyDictionary<string, ActivationStatistics> Tensors { get; }

    internal HeldSamples Held { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="IpuException">It cannot be read, is no such file, or is damaged.</exception>
    public static CalibrationStatistics Read(string path) => StatisticsFile.Read(InputFile.Read(path), path);

    /// <summary>Writes a file; the same statistics give the same bytes.</summary>
    /// <param name="overwrite">False refuses to replace a file (id <c>FileExists</c>).</param>
    public void Save(string path, bool overwrite = false, CancellationToken cancellationToken = default) =>
        AtomicFile.Write(path, StatisticsFile.Write(this), overwrite, cancellationToken);

    /// <summary>The statistics of all samples together: exactly those that one run over them would have given, whoever saw which.</summary>
    /// <exception cref="IpuException">They are of different models (id <c>StatisticsMismatch</c>), or none is given.</exception>
    public static CalibrationStatistics Merge(IReadOnlyList<CalibrationStatistics> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Count == 0)
        {
            throw new IpuException("StatisticsAbsent", "no statistics are given to merge", IpuErrorKind.InvalidArgument);
        }

        CalibrationStatistics first = parts[0];
        if (parts.FirstOrDefault(p => !p.Fits(first)) is { } other)
        {
            throw new IpuException(
                "StatisticsMismatch",
                $"statistics of '{other.Model}' and of '{first.Model}' do not belong to the same float model with the same normalization",
                IpuErrorKind.InvalidArgument) { Target = other.Model };
        }

        var held = new HeldSamples(first.Held.SampleBytes);
        foreach (CalibrationStatistics part in parts)
        {
            held.Offer(part.Held);
        }

        var tensors = new Dictionary<string, ActivationStatistics>(StringComparer.Ordinal);
        foreach ((string name, ActivationStatistics seen) in first.Tensors)
        {
            var sum = new ActivationStatistics(name, seen.Min.Length, !seen.Channels.IsEmpty);
            foreach (CalibrationStatistics part in parts)
            {
                sum.Merge(part.Tensors[name]);
            }

            tensors[name] = sum;
        }

        return new CalibrationStatistics(first.Model, first.Fingerprint, tensors, held);
    }

    /// <summary>Refuses statistics of another model.</summary>
    /// <exception cref="IpuException">Id <c>StatisticsMismatch</c>.</exception>
    internal void Check(string model, string fingerprint, IEnumerable<string> observed)
    {
        if (Fingerprint != fingerprint)
        {
            throw new IpuException(
                "StatisticsMismatch",
                $"the statistics of '{Model}' do not belong to the float model '{model}': its weights, its operators or the normalization of its inputs differ; observe it again",
                IpuErrorKind.InvalidArgument) { Target = model };
        }

        if (observed.FirstOrDefault(t => !Tensors.ContainsKey(t)) is { } missing)
        {
            throw new IpuException("StatisticsMismatch", $"the statistics of '{Model}' have nothing of tensor '{missing}'; observe the model again", IpuErrorKind.InvalidArgument) { Target = missing };
        }
    }

    private bool Fits(CalibrationStatistics other) => Fingerprint == other.Fingerprint && Held.SampleBytes == other.Held.SampleBytes && Tensors.Count == other.Tensors.Count
        && Tensors.All(t => other.Tensors.TryGetValue(t.Key, out ActivationStatistics? o) && o.Min.Length == t.Value.Min.Length && o.Channels.Length == t.Value.Channels.Length);

    public override string ToString() => $"{Model}: {Samples} samples, {Tensors.Count} tensors";
}
