namespace SgsIpu.Engine.Preprocessing;

/// <summary>Where nothing is read.</summary>
internal sealed class NoSamples : ISampleSource
{
    public static NoSamples Instance { get; } = new();

    public int Count => 0;

    public Sample Read(int index, bool norm, CancellationToken cancellationToken) => throw new ArgumentOutOfRangeException(nameof(index));
}
