using System.Runtime.CompilerServices;
using SgsIpu.Engine.Quantization.Reconstruction;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Sums of what the groups of a layer read, and of its products with each other, with the mean of each channel taken off. Samples are
/// gathered some at a time, and added in their order.
/// </summary>
/// <param name="rows">Where the layer is looked at.</param>
/// <param name="means">Of the input channels.</param>
internal abstract class LayerInputs(LayerGeometry geometry, PatchRows rows, float[] means)
{
    private int _samples;

    public LayerGeometry Geometry => geometry;

    protected PatchRows Rows => rows;

    /// <summary>Rows that were added.</summary>
    public long Count => (long)_samples * rows.PerSample;

    /// <param name="samples">All that will be gathered.</param>
    /// <param name="together">Samples that are gathered before they are added.</param>
    public static LayerInputs Of(LayerGeometry geometry, int samples, int together, float[] means)
    {
        var rows = new PatchRows(geometry, samples);
        return geometry.Channels == geometry.Groups ? new ChannelInputs(geometry, rows, means, together) : new GroupInputs(geometry, rows, means, together);
    }

    /// <summary>Gathers a sample. Safe from several threads, each with a place of its own.</summary>
    /// <param name="place">Of the sample among those that are added together.</param>
    /// <param name="plane">Pixels of an image where channels come first; 0 where they come last.</param>
    public void Gather(int sample, int place, ReadOnlySpan<float> values, int plane)
    {
        var at = new int[geometry.Taps * rows.PerSample];
        rows.Pixels(sample, at);
        for (int i = 0; i < at.Length; i++)
        {
            at[i] = at[i] < 0 ? -1 : plane == 0 ? at[i] * geometry.Channels : (at[i] / plane * geometry.Channels * plane) + (at[i] % plane);
        }

        Gather(place, values, at, Math.Max(plane, 1));
    }

    /// <summary>Adds what was gathered at the first places.</summary>
    public void Add(int samples, CancellationToken cancellationToken)
    {
        AddGathered(samples, cancellationToken);
        _samples += samples;
    }

    /// <summary>Covariance of two values that a group reads.</summary>
    /// <param name="j">Not behind <paramref name="i"/>.</param>
    public double Covariance(int group, int i, int j) => (Product(group, i, j) / Count) - (Value(group, i) / Count * (Value(group, j) / Count));

    /// <summary>Mean of a value that a group reads; that of its channel was taken off before.</summary>
    public double Mean(int group, int i) => means[geometry.ChannelAt(group, i)] + (Value(group, i) / Count);

    /// <param name="at">Where the first channel of each pixel is: [taps, patches]; −1 outside the image.</param>
    /// <param name="step">From one channel to the next.</param>
    protected abstract void Gather(int place, ReadOnlySpan<float> values, ReadOnlySpan<int> at, int step);

    protected abstract void AddGathered(int samples, CancellationToken cancellationToken);

    /// <summary>Sum of a value of a group.</summary>
    protected abstract double Value(int group, int i);

    /// <summary>Sum of the products of two values of a group.</summary>
    protected abstract double Product(int group, int i, int j);

    /// <summary>One channel under one tap of every patch; zeros outside the image.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected void Read(ReadOnlySpan<float> values, ReadOnlySpan<int> at, int step, int tap, int channel, Span<float> target)
    {
        ReadOnlySpan<float> own = values[(channel * step)..];
        ReadOnlySpan<int> places = at.Slice(tap * target.Length, target.Length);
        float mean = means[channel];
        for (int r = 0; r < target.Length; r++)
        {
            target[r] = (places[r] < 0 ? 0 : own[places[r]]) - mean;
        }
    }
}
