namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>Which places of the output of a layer are looked at, for each sample: as many as the moments need, spread evenly.</summary>
internal sealed class PatchRows
{
    private const int LeastRows = 8192;
    private const int MostRows = 32768;

    /// <summary>Values of all patches of a layer at most; 64 MiB.</summary>
    private const long MostValues = 1L << 24;

    /// <summary>Fraction of the golden ratio, whose multiples spread evenly.</summary>
    private const double Golden = 0.6180339887498949;

    private readonly LayerGeometry _layer;

    /// <param name="samples">Samples whose patches are gathered.</param>
    public PatchRows(LayerGeometry layer, int samples)
    {
        _layer = layer;
        long wanted = layer.Groups > 1 ? 2048 : Math.Clamp(8L * layer.GroupSize, LeastRows, MostRows);
        wanted = Math.Min(wanted, MostValues / Math.Max(1, layer.PatchSize));
        PerSample = (int)Math.Clamp((wanted + samples - 1) / samples, 1, layer.Positions);
    }

    /// <summary>Patches of one sample.</summary>
    public int PerSample { get; }

    /// <summary>Values of the patches of one sample.</summary>
    public int ValuesPerSample => checked(PerSample * _layer.PatchSize);

    /// <summary>Gathers the patches of a sample.</summary>
    /// <param name="sample">Number of the sample; other samples are looked at in other places.</param>
    /// <param name="pixels">The input of the layer.</param>
    /// <param name="target">[PerSample, PatchSize]; zeros where the window is outside.</param>
    public void Gather<T>(int sample, T pixels, Span<float> target)
        where T : IPixels, allows ref struct
    {
        int channels = _layer.Channels;
        for (int r = 0; r < PerSample; r++)
        {
            int position = Position(sample, r);
            Span<float> row = target.Slice(r * _layer.PatchSize, _layer.PatchSize);
            for (int tap = 0; tap < _layer.Taps; tap++)
            {
                int pixel = _layer.PixelAt(position, tap);
                Span<float> values = row.Slice(tap * channels, channels);
                if (pixel < 0)
                {
                    values.Clear();
                }
                else
                {
                    pixels.Read(pixel, values);
                }
            }
        }
    }

    /// <summary>The pixels under the patches of a sample.</summary>
    /// <param name="pixels">[taps, PerSample]; −1 where the window is outside.</param>
    public void Pixels(int sample, Span<int> pixels)
    {
        for (int r = 0; r < PerSample; r++)
        {
            int position = Position(sample, r);
            for (int tap = 0; tap < _layer.Taps; tap++)
            {
                pixels[(tap * PerSample) + r] = _layer.PixelAt(position, tap);
            }
        }
    }

    private int Position(int sample, int row)
    {
        double phase = sample * Golden % 1;
        return Math.Min(_layer.Positions - 1, (int)((row + phase) * _layer.Positions / PerSample));
    }
}
