using SgsIpu.Engine.Quantization.Reconstruction;

namespace SgsIpu.Engine.Quantization;

/// <summary>Inputs of a layer whose groups read several channels.</summary>
internal sealed class GroupInputs(LayerGeometry geometry, PatchRows rows, float[] means, int together) : LayerInputs(geometry, rows, means)
{
    private readonly GramSums[] _products = [.. Enumerable.Range(0, geometry.Groups).Select(_ => new GramSums(geometry.GroupSize))];

    /// <summary>[groups, group size].</summary>
    private readonly double[] _values = new double[geometry.PatchSize];

    /// <summary>What was gathered: [groups, group size, places, patches].</summary>
    private readonly float[] _patches = new float[(long)geometry.PatchSize * together * rows.PerSample];

    protected override void Gather(int place, ReadOnlySpan<float> values, ReadOnlySpan<int> at, int step)
    {
        int own = Geometry.Channels / Geometry.Groups;
        for (int tap = 0; tap < Geometry.Taps; tap++)
        {
            for (int c = 0; c < Geometry.Channels; c++)
            {
                int row = (c / own * Geometry.GroupSize) + (tap * own) + (c % own);
                Read(values, at, step, tap, c, _patches.AsSpan(((row * together) + place) * Rows.PerSample, Rows.PerSample));
            }
        }
    }

    protected override void AddGathered(int samples, CancellationToken cancellationToken)
    {
        int columns = together * Rows.PerSample;
        int count = samples * Rows.PerSample;
        for (int i = 0; i < _values.Length; i++)
        {
            _values[i] += MatrixProducts.Sum(_patches.AsSpan(i * columns, count));
        }

        for (int g = 0; g < _products.Length; g++)
        {
            _products[g].Add(_patches.AsSpan(g * Geometry.GroupSize * columns, Geometry.GroupSize * columns), count, cancellationToken);
        }
    }

    protected override double Value(int group, int i) => _values[(group * Geometry.GroupSize) + i];

    protected override double Product(int group, int i, int j) => _products[group][i, j];
}
