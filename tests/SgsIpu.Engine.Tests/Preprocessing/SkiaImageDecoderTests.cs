using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Preprocessing;

public sealed class SkiaImageDecoderTests
{
    /// <summary>Decoders differ in how they interpolate chroma.</summary>
    private const int JpegTolerance = 1;

    public static TheoryData<string, byte[], int, int> Lossless { get; } = new()
    {
        { "png", Pictures.Png, 16, 8 },
        { "png of 16 bits", Pictures.Png16, 16, 8 },
        { "webp", Pictures.Webp, 16, 8 },
        { "bmp", Pictures.Bmp, 5, 4 },
    };

    [Theory]
    [MemberData(nameof(Lossless))]
    public void ColoursAreThoseOfTheFile(string name, byte[] file, int width, int height)
    {
        RgbImage image = SkiaImageDecoder.Instance.Decode(file, name);
        Assert.Equal((width, height, 3), (image.Width, image.Height, image.Channels));
        Assert.Equal(Pictures.Rgb(width, height).Pixels, image.Pixels);
    }

    [Fact]
    public void GreyIsRepeated()
    {
        RgbImage image = SkiaImageDecoder.Instance.Decode(Pictures.GreyPng, "grey");
        Assert.Equal(3, image.Channels);
        Assert.Equal(Pictures.Rgb().Pixels.Where((_, i) => i % 3 == 0).SelectMany(r => new[] { r, r, r }), image.Pixels);
    }

    [Fact]
    public void AJpegIsDecodedAsOpenCvDoes()
    {
        RgbImage image = SkiaImageDecoder.Instance.Decode(Pictures.Jpeg, "jpeg");
        Assert.Equal(Pictures.JpegPixels.Length, image.Pixels.Length);
        Assert.All(image.Pixels.Zip(Pictures.JpegPixels), p => Assert.InRange(Math.Abs(p.First - p.Second), 0, JpegTolerance));
    }

    /// <summary>Where the corners of the stored image (upper left, upper right, lower left, lower right) stand, by the EXIF standard.</summary>
    [Theory]
    [InlineData(1, "ABCD")]
    [InlineData(2, "BADC")]
    [InlineData(3, "DCBA")]
    [InlineData(4, "CDAB")]
    [InlineData(5, "ACBD")]
    [InlineData(6, "CADB")]
    [InlineData(7, "DBCA")]
    [InlineData(8, "BDAC")]
    public void AJpegIsTurnedAsItsExifSays(byte orientation, string corners)
    {
        RgbImage stored = SkiaImageDecoder.Instance.Decode(Pictures.Jpeg, "jpeg");
        RgbImage image = SkiaImageDecoder.Instance.Decode(WithOrientation(orientation), "turned");
        Assert.Equal(orientation > 4 ? (8, 16) : (16, 8), (image.Width, image.Height));
        Dictionary<char, byte[]> of = "ABCD".Zip(Corners(stored)).ToDictionary(p => p.First, p => p.Second);
        Assert.Equal(corners.Select(c => of[c]), Corners(image));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(300)]
    public void ACutFileIsUnreadable(int length)
    {
        IpuException e = Assert.Throws<IpuException>(() => SkiaImageDecoder.Instance.Decode(Pictures.Jpeg.AsSpan(0, length), "folder/cut.jpg"));
        Assert.Equal("ImageUnreadable", e.ErrorId);
        Assert.Contains("folder/cut.jpg", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DamagedImagesNeverCrash()
    {
        var random = new Random(5);
        for (int i = 0; i < 300; i++)
        {
            byte[] file = [.. (i % 3) switch { 0 => Pictures.Jpeg, 1 => Pictures.Png, _ => Pictures.Bmp }];
            for (int k = 0; k < 4; k++)
            {
                file[random.Next(file.Length)] = (byte)random.Next(256);
            }

            try
            {
                RgbImage image = SkiaImageDecoder.Instance.Decode(file, "x");
                Assert.Equal(image.Width * image.Height * 3, image.Pixels.Length);
            }
            catch (IpuException e)
            {
                Assert.Equal("ImageUnreadable", e.ErrorId);
            }
        }
    }

    private static byte[][] Corners(RgbImage image) =>
        [.. new[] { (0, 0), (image.Width - 1, 0), (0, image.Height - 1), (image.Width - 1, image.Height - 1) }.Select(p => image.Row(p.Item2).Slice(p.Item1 * 3, 3).ToArray())];

    /// <summary>An APP1 segment of one entry (tag 0x0112) behind the start of the JPEG.</summary>
    private static byte[] WithOrientation(byte orientation)
    {
        byte[] tiff = [.. "MM"u8, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
        byte[] content = [.. "Exif\0\0"u8, .. tiff];
        return [.. Pictures.Jpeg[..2], 0xFF, 0xE1, 0, (byte)(content.Length + 2), .. content, .. Pictures.Jpeg[2..]];
    }
}
