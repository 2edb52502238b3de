using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops.Tests.Boundary;

public sealed class NormalizeImageOpTests
{
    private const int Height = 4;
    private const int Width = 6;
    private const double Scale = 0.02;
    private const int Zero = 110;

    private static readonly float[] Mean = [123, 117, 104];
    private static readonly float[] Std = [58, 57, 56];

    [Theory]
    [InlineData(ImageFormat.RGB, ImageFormat.RGB, 1, 1)]
    [InlineData(ImageFormat.BGR, ImageFormat.RGB, 1, 1)]
    [InlineData(ImageFormat.RGB, ImageFormat.BGR, 8, 1)]
    [InlineData(ImageFormat.BGR, ImageFormat.BGR, 1, 8)]
    [InlineData(ImageFormat.RGBA, ImageFormat.BGR, 16, 4)]
    [InlineData(ImageFormat.BGRA, ImageFormat.RGB, 1, 1)]
    [InlineData(ImageFormat.GRAY, ImageFormat.GRAY, 8, 8)]
    public void PixelsAreNormalizedInTheTrainingOrder(ImageFormat format, ImageFormat training, int widthAlignment, int heightAlignment)
    {
        Tensor buffer = Buffer(format, widthAlignment, heightAlignment);
        byte[] y = Run(format, training, buffer);
        int channels = training == ImageFormat.GRAY ? 1 : 3;
        for (int h = 0; h < Height; h++)
        {
            for (int w = 0; w < Width; w++)
            {
                for (int c = 0; c < channels; c++)
                {
                    int rgb = training == ImageFormat.BGR ? 2 - c : c;
                    int board = format is ImageFormat.BGR or ImageFormat.BGRA ? 2 - rgb : rgb;
                    int v = buffer.Bytes[(((h * buffer.Shape[2]) + w) * buffer.Shape[3]) + board];
                    double exact = Math.Clamp(((v - Mean[rgb]) / Std[rgb] / Scale) + Zero, 0, 255);
                    Assert.InRange(y[(((h * Width) + w) * channels) + c] - exact, -0.5, 0.5);
                }
            }
        }
    }

    /// <summary>ITU-R BT.601, limited range, in double precision; the integer form is within 2 levels of 255, here in steps of the output.</summary>
    [Fact]
    public void Nv12BecomesColours()
    {
        Tensor buffer = Buffer(ImageFormat.YUV_NV12, 2, 2);
        byte[] y = Run(ImageFormat.YUV_NV12, ImageFormat.RGB, buffer);
        for (int h = 0; h < Height; h++)
        {
            for (int w = 0; w < Width; w++)
            {
                double luma = 255.0 / 219 * (buffer.Bytes[(h * Width) + w] - 16);
                double cb = 255.0 / 224 * (buffer.Bytes[((Height + (h / 2)) * Width) + (w / 2 * 2)] - 128);
                double cr = 255.0 / 224 * (buffer.Bytes[((Height + (h / 2)) * Width) + (w / 2 * 2) + 1] - 128);
                double[] rgb = [luma + (1.402 * cr), luma - (0.344136 * cb) - (0.714136 * cr), luma + (1.772 * cb)];
                for (int c = 0; c < 3; c++)
                {
                    double exact = Math.Clamp(((Math.Clamp(rgb[c], 0, 255) - Mean[c]) / Std[c] / Scale) + Zero, 0, 255);
                    Assert.InRange(y[(((h * Width) + w) * 3) + c] - exact, -(0.5 + (2 / Std[c] / Scale)), 0.5 + (2 / Std[c] / Scale));
                }
            }
        }
    }

    [Fact]
    public void GreyTakesTheLumaOfNv12AsItIs()
    {
        Tensor buffer = Buffer(ImageFormat.YUV_NV12, 2, 2);
        byte[] y = Run(ImageFormat.YUV_NV12, ImageFormat.GRAY, buffer);
        for (int i = 0; i < y.Length; i++)
        {
            Assert.InRange(y[i] - Math.Clamp(((buffer.Bytes[i] - Mean[0]) / Std[0] / Scale) + Zero, 0, 255), -0.5, 0.5);
        }
    }

    [Theory]
    [InlineData(ImageFormat.GRAY, ImageFormat.RGB)]
    [InlineData(ImageFormat.RGB, ImageFormat.GRAY)]
    public void ColoursAndGreyDoNotMix(ImageFormat format, ImageFormat training)
    {
        var op = new NormalizeImageOp(format, training, Height, Width, DataType.UInt8);
        Assert.Equal("ShapeMismatch", Assert.Throws<IpuException>(() => op.InferOutputs([new TensorSpec("x", DataType.UInt8, Buffer(format, 1, 1).Shape)])).ErrorId);
    }

    private static Tensor Buffer(ImageFormat format, int widthAlignment, int heightAlignment)
    {
        var buffer = new Tensor(DataType.UInt8, NormalizeImageOp.BufferShape(format, 1, Height, Width, widthAlignment, heightAlignment));
        new Random(6).NextBytes(buffer.Bytes);
        return buffer;
    }

    private static byte[] Run(ImageFormat format, ImageFormat training, Tensor buffer)
    {
        var op = new NormalizeImageOp(format, training, Height, Width, DataType.UInt8)
        {
            Mean = training == ImageFormat.GRAY ? [Mean[0]] : [.. Mean],
            Std = training == ImageFormat.GRAY ? [Std[0]] : [.. Std],
        };
        var input = new TensorSpec("x", DataType.UInt8, buffer.Shape);
        TensorSpec output = new("y", DataType.UInt8, op.InferOutputs([input])[0].Shape) { Quant = QuantParam.PerTensor(Scale, Zero) };
        Tensor table = Assert.Single(op.BuildTables(new FixedBinding("n", [input], [output])));
        ImmutableArray<TensorSpec?> inputs = [input, TensorSpec.OfConstant("t", table)];
        var memory = new byte[output.ByteCount];
        op.PrepareFixed(new FixedBinding("n", inputs, [output])).Run(new FixedArguments([buffer.Bytes.ToArray(), table.Bytes.ToArray()], [memory], default, 1));
        return memory;
    }
}
