namespace SgsIpu.Engine.Preprocessing;

/// <summary>Decodes image files.</summary>
public interface IImageDecoder
{
    /// <summary>Colours of a file; grey is repeated, alpha is dropped, as OpenCV's imread does.</summary>
    /// <param name="name">For messages.</param>
    /// <exception cref="Core.IpuException">The bytes are no image that can be decoded (id <c>ImageUnreadable</c>).</exception>
    RgbImage Decode(ReadOnlySpan<byte> file, string name);
}
