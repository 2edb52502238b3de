namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>Real numbers, channels last or first.</summary>
/// <param name="plane">Pixels of an image where channels come first; 0 where they come last.</param>
internal readonly ref struct RealPixels(ReadOnlySpan<float> values, int plane) : IPixels
{
    private readonly ReadOnlySpan<float> _values = values;
    private readonly int _plane = plane;

    public void Read(int pixel, Span<float> channels)
    {
        int count = channels.Length;
        if (_plane == 0)
        {
            _values.Slice(pixel * count, count).CopyTo(channels);
            return;
        }

        int at = (pixel / _plane * count * _plane) + (pixel % _plane);
        for (int c = 0; c < count; c++)
        {
            channels[c] = _values[at + (c * _plane)];
        }
    }
}
