using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels;
using SgsIpu.Kernels.Image;

namespace SgsIpu.Ops;

/// <summary>
/// The board's image bytes [N, H', W', C'] (YUV_NV12: [N, H'·3/2, W', 1]; H' and W' are aligned up) to the network's normalized input
/// [N, H, W, C]: colour order, then (v − mean) / deviation by a table for each channel.
/// </summary>
/// <param name="Format">What the board hands over.</param>
/// <param name="TrainingFormat">RGB, BGR or GRAY: the order of the output's channels.</param>
public sealed record NormalizeImageOp(ImageFormat Format, ImageFormat TrainingFormat, int Height, int Width, DataType To) : BoundaryOp(To)
{
    /// <summary>Halves go up. A mean of 127.5 makes every value one, where the last bit of the quotient would otherwise decide.</summary>
    private const double Half = 0.5 + 1e-9;

    public static ImmutableArray<ImportRule> Imports => [];

    /// <summary>One value, or one a channel in the order RGB.</summary>
    public ImmutableArray<float> Mean { get; init; } = [0];

    /// <summary>One value, or one a channel in the order RGB.</summary>
    public ImmutableArray<float> Std { get; init; } = [1];

    public override string Name => "NormalizeImage";

    private int Channels => TrainingFormat == ImageFormat.GRAY ? 1 : 3;

    /// <summary>Shape of the board's buffer for an image.</summary>
    /// <param name="widthAlignment">A row is a multiple of this many pixels.</param>
    /// <param name="heightAlignment">The number of rows is a multiple of this.</param>
    public static Shape BufferShape(ImageFormat format, int batch, int height, int width, int widthAlignment, int heightAlignment)
    {
        int h = AlignUp(height, heightAlignment);
        int w = AlignUp(width, widthAlignment);
        return format switch
        {
            ImageFormat.YUV_NV12 => new Shape(batch, h * 3 / 2, w, 1),
            ImageFormat.GRAY => new Shape(batch, h, w, 1),
            ImageFormat.RGBA or ImageFormat.BGRA => new Shape(batch, h, w, 4),
            _ => new Shape(batch, h, w, 3),
        };
    }

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs is not [{ Type: DataType.UInt8, Shape.Rank: 4 } x, ..])
        {
            throw Mismatch("needs the bytes of an image");
        }

        int rows = Format == ImageFormat.YUV_NV12 ? x.Shape[1] * 2 / 3 : x.Shape[1];
        if (rows < Height || x.Shape[2] < Width || x.Shape[3] != BufferShape(Format, 1, 2, 2, 1, 1)[3] || (Format == ImageFormat.YUV_NV12 && (rows % 2 != 0 || x.Shape[2] % 2 != 0)))
        {
            throw Mismatch($"a buffer of {x} holds no {Format} image of {Height}×{Width}");
        }

        if ((Format == ImageFormat.GRAY && Channels == 3) || (Channels == 1 && Format is not (ImageFormat.GRAY or ImageFormat.YUV_NV12)))
        {
            throw Mismatch($"a network trained on {TrainingFormat} takes no {Format}");
        }

        return [new TensorType(To, new Shape(x.Shape[0], Height, Width, Channels))];
    }

    /// <summary>For each output channel, the integer of every byte.</summary>
    public override ImmutableArray<Tensor> BuildTables(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        ChannelOperand y = ChannelOperand.Of(binding, binding.Output);
        QuantParam mapping = FixedBinding.Quant(binding.Output);
        var table = new Tensor(DataType.Int16, new Shape(Channels, 256));
        for (int c = 0; c < Channels; c++)
        {
            int rgb = TrainingFormat == ImageFormat.BGR ? 2 - c : c;
            double mean = Mean[Mean.Length == 1 ? 0 : rgb];
            double deviation = Std[Std.Length == 1 ? 0 : rgb];
            for (int v = 0; v < 256; v++)
            {
                double q = Math.Floor(((v - mean) / deviation / y.Scale(c)) + Half) + mapping.ZeroOf(c);
                table.As<short>()[(c * 256) + v] = (short)(y.Type == DataType.UInt8 ? Math.Clamp(q, 0, 255) : Math.Clamp(q, -short.MaxValue, short.MaxValue));
            }
        }

        return [table];
    }

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        ChannelOperand y = ChannelOperand.Of(binding, binding.Output);
        short[] table = binding.OptionalInput(1)?.Constant?.As<short>().ToArray() ?? throw binding.NotSupported("the table is missing");
        Shape buffer = binding.Input(0).Shape;
        if (y.Type == DataType.UInt8)
        {
            byte[] bytes = [.. table.Select(v => (byte)v)];
            return new DelegateKernel((in FixedArguments a) => Convert(a.Input(0), buffer, bytes, a.Output(0), a.Threads));
        }

        return new DelegateKernel((in FixedArguments a) => Convert(a.Input(0), buffer, table, a.Output<short>(0), a.Threads));
    }

    private static int AlignUp(int value, int alignment) => (value + alignment - 1) / alignment * alignment;

    private void Convert<T>(ReadOnlySpan<byte> x, Shape buffer, T[] table, Span<T> y, int threads)
        where T : unmanaged
    {
        int rowBytes = buffer[2] * buffer[3];
        int imageBytes = buffer[1] * rowBytes;
        for (int n = 0; n < buffer[0]; n++)
        {
            ReadOnlySpan<byte> image = x.Slice(n * imageBytes, imageBytes);
            Span<T> part = y.Slice(n * Height * Width * Channels, Height * Width * Channels);
            if (Channels == 3 && Format != ImageFormat.YUV_NV12)
            {
                bool same = (Format is ImageFormat.BGR or ImageFormat.BGRA) == (TrainingFormat == ImageFormat.BGR);
                ColourTables.Map(image, rowBytes, buffer[3], same ? (0, 1, 2) : (2, 1, 0), table, part, Height, KernelForms.Current, threads);
                continue;
            }

            for (int h = 0; h < Height; h++)
            {
                ConvertRow(image, rowBytes, h, table, part.Slice(h * Width * Channels, Width * Channels));
            }
        }
    }

    private void ConvertRow<T>(ReadOnlySpan<byte> image, int rowBytes, int h, T[] table, Span<T> y)
    {
        Span<byte> pixel = stackalloc byte[3];
        int at = 0;
        for (int w = 0; w < Width; w++)
        {
            ReadPixel(image, rowBytes, h, w, pixel);
            for (int c = 0; c < Channels; c++)
            {
                y[at++] = table[(c * 256) + pixel[c]];
            }
        }
    }

    /// <summary>One pixel in the order of the training format.</summary>
    private void ReadPixel(ReadOnlySpan<byte> image, int rowBytes, int h, int w, Span<byte> pixel)
    {
        if (Channels == 1)
        {
            pixel[0] = image[(h * rowBytes) + w];
            return;
        }

        (byte r, byte g, byte b) = ReadNv12(image, rowBytes, h, w);
        bool bgr = TrainingFormat == ImageFormat.BGR;
        pixel[0] = bgr ? b : r;
        pixel[1] = g;
        pixel[2] = bgr ? r : b;
    }

    private static (byte R, byte G, byte B) ReadNv12(ReadOnlySpan<byte> image, int rowBytes, int h, int w)
    {
        int luma = image.Length * 2 / 3;
        int chroma = luma + (h / 2 * rowBytes) + (w / 2 * 2);
        return Nv12.ToRgb(image[(h * rowBytes) + w], image[chroma], image[chroma + 1]);
    }
}
