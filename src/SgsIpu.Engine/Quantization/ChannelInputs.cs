using SgsIpu.Engine.Quantization.Reconstruction;

namespace SgsIpu.Engine.Quantization;

/// <summary>Inputs of a layer whose groups read one channel each: products are few, and made at once for each sample.</summary>
internal sealed class ChannelInputs(LayerGeometry geometry, PatchRows rows, float[] means, int together) : LayerInputs(geometry, rows, means)
{
    private readonly int _products = geometry.Taps * (geometry.Taps + 1) / 2;

    /// <summary>Of each channel, the sum of each tap, and of the products of each with those before it and itself.</summary>
    private readonly double[] _sums = new double[geometry.Channels * (geometry.Taps + (geometry.Taps * (geometry.Taps + 1) / 2))];

    /// <summary>The same of each sample that was gathered.</summary>
    private readonly double[][] _gathered = new double[together][];

    private int PerChannel => Geometry.Taps + _products;

    protected override void Gather(int place, ReadOnlySpan<float> values, ReadOnlySpan<int> at, int step)
    {
        int taps = Geometry.Taps;
        int patches = Rows.PerSample;
        var sums = new double[_sums.Length];
        var window = new float[taps * patches];
        for (int c = 0; c < Geometry.Channels; c++)
        {
            Span<double> own = sums.AsSpan(c * PerChannel, PerChannel);
            int next = taps;
            for (int i = 0; i < taps; i++)
            {
                Span<float> row = window.AsSpan(i * patches, patches);
                Read(values, at, step, i, c, row);
                own[i] = MatrixProducts.Sum(row);
                for (int j = 0; j <= i; j++)
                {
                    own[next++] = MatrixProducts.Dot(row, window.AsSpan(j * patches, patches));
                }
            }
        }

        _gathered[place] = sums;
    }

    protected override void AddGathered(int samples, CancellationToken cancellationToken)
    {
        foreach (double[] sums in _gathered.AsSpan(0, samples))
        {
            System.Numerics.Tensors.TensorPrimitives.Add(_sums, sums, _sums);
        }
    }

    protected override double Value(int group, int i) => _sums[(group * PerChannel) + i];

    protected override double Product(int group, int i, int j) => _sums[(group * PerChannel) + Geometry.Taps + (i * (i + 1) / 2) + j];
}
