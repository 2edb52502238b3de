using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>An image in the training format as the board's camera would hand it over: colour order, alpha, YUV_NV12, alignment.</summary>
internal static class BoardInput
{
    /// <param name="image">UINT8 [N, H, W, C], RGB, BGR or GRAY as trained.</param>
    /// <returns>UINT8 in the shape of the board's buffer; what alignment adds is 0.</returns>
    public static Tensor Convert(Tensor image, InputSetting setting)
    {
        int batch = image.Shape[0];
        int height = image.Shape[1];
        int width = image.Shape[2];
        var result = new Tensor(DataType.UInt8, NormalizeImageOp.BufferShape(setting.Format, batch, height, width, setting.WidthAlignment, setting.HeightAlignment));
        int from = (int)image.Count / batch;
        int to = (int)result.Count / batch;
        for (int n = 0; n < batch; n++)
        {
            var picture = new Picture(image.Bytes.Slice(n * from, from), height, width, image.Shape[3], setting.TrainingFormat == ImageFormat.BGR);
            Span<byte> buffer = result.Bytes.Slice(n * to, to);
            if (setting.Format == ImageFormat.YUV_NV12)
            {
                WriteNv12(picture, buffer, result.Shape[2], result.Shape[1] * 2 / 3);
            }
            else
            {
                WritePixels(picture, buffer, result.Shape[2], result.Shape[3], setting.Format is ImageFormat.BGR or ImageFormat.BGRA);
            }
        }

        return result;
    }

    private static void WritePixels(Picture picture, Span<byte> buffer, int stride, int channels, bool bgr)
    {
        for (int y = 0; y < picture.Height; y++)
        {
            for (int x = 0; x < picture.Width; x++)
            {
                (byte r, byte g, byte b) = picture[y, x];
                int at = ((y * stride) + x) * channels;
                buffer[at] = bgr ? b : r;
                if (channels > 1)
                {
                    buffer[at + 1] = g;
                    buffer[at + 2] = bgr ? r : b;
                }

                if (channels == 4)
                {
                    buffer[at + 3] = byte.MaxValue;
                }
            }
        }
    }

    /// <summary>ITU-R BT.601 in limited range; chroma is the mean of 2×2 pixels. A grey image is luma as it is, with neutral chroma.</summary>
    private static void WriteNv12(Picture picture, Span<byte> buffer, int stride, int rows)
    {
        for (int y = 0; y < picture.Height; y++)
        {
            for (int x = 0; x < picture.Width; x++)
            {
                (byte r, byte g, byte b) = picture[y, x];
                buffer[(y * stride) + x] = picture.Channels == 1 ? r : Byte(16 + (((65.481 * r) + (128.553 * g) + (24.966 * b)) / 255));
            }
        }

        for (int y = 0; y < (picture.Height + 1) / 2; y++)
        {
            for (int x = 0; x < (picture.Width + 1) / 2; x++)
            {
                (double r, double g, double b) = picture.Block(y * 2, x * 2);
                int at = ((rows + y) * stride) + (x * 2);
                buffer[at] = picture.Channels == 1 ? (byte)128 : Byte(128 + (((-37.797 * r) - (74.203 * g) + (112.0 * b)) / 255));
                buffer[at + 1] = picture.Channels == 1 ? (byte)128 : Byte(128 + (((112.0 * r) - (93.786 * g) - (18.214 * b)) / 255));
            }
        }
    }

    private static byte Byte(double value) => (byte)Math.Clamp(Math.Floor(value + 0.5), 0, 255);

    private readonly ref struct Picture(ReadOnlySpan<byte> pixels, int height, int width, int channels, bool bgr)
    {
        private readonly ReadOnlySpan<byte> _pixels = pixels;

        public int Height => height;

        public int Width => width;

        public int Channels => channels;

        public (byte R, byte G, byte B) this[int y, int x]
        {
            get
            {
                int at = ((y * width) + x) * channels;
                return channels == 1 ? (_pixels[at], _pixels[at], _pixels[at])
                    : bgr ? (_pixels[at + 2], _pixels[at + 1], _pixels[at])
                    : (_pixels[at], _pixels[at + 1], _pixels[at + 2]);
            }
        }

        /// <summary>Mean of the 2×2 pixels from (y, x), as far as there are such.</summary>
        public (double R, double G, double B) Block(int y, int x)
        {
            (double r, double g, double b, int count) = (0, 0, 0, 0);
            for (int dy = 0; dy < 2 && y + dy < height; dy++)
            {
                for (int dx = 0; dx < 2 && x + dx < width; dx++, count++)
                {
                    (byte R, byte G, byte B) p = this[y + dy, x + dx];
                    (r, g, b) = (r + p.R, g + p.G, b + p.B);
                }
            }

            return (r / count, g / count, b / count);
        }
    }
}
