namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>The channels of the pixels of a tensor, however it is laid out.</summary>
internal interface IPixels
{
    /// <summary>Copies all channels of a pixel.</summary>
    void Read(int pixel, Span<float> channels);
}
