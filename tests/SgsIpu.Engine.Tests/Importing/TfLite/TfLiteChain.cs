using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Frontends.TfLite;

namespace SgsIpu.Engine.Tests.Importing.TfLite;

/// <summary>A TFLite file of several operators.</summary>
internal sealed record TfLiteChain(TfLiteModel Model, Tensor Input)
{
    public byte[] Write() => TfLiteWriter.Write(Model);

    /// <summary>A convolution by a 3×3 window, dilated 2×3, as blocks in the batch: 7×8 pixels with 2 rows and 3 columns of zeros around, cropped where blocks need more.</summary>
    public static TfLiteChain Dilated()
    {
        float[] x = [.. Enumerable.Range(0, 7 * 8 * 2).Select(i => MathF.Sin(i))];
        float[] w = [.. Enumerable.Range(0, 3 * 9 * 2).Select(i => MathF.Cos(2 * i))];
        int[] block = [2, 3];
        int[] pads = [2, 3, 3, 4];
        int[] crops = [0, 1, 0, 1];
        var model = new TfLiteModel(
            "dilated",
            [
                new("x", DataType.Float32, new Shape(1, 7, 8, 2), 0),
                new("block", DataType.Int32, new Shape(2), 1),
                new("pads", DataType.Int32, new Shape(2, 2), 2),
                new("apart", DataType.Float32, new Shape(6, 6, 5, 2), 0),
                new("w", DataType.Float32, new Shape(3, 3, 3, 2), 3),
                new("bias", DataType.Float32, new Shape(3), 4),
                new("convolved", DataType.Float32, new Shape(6, 4, 3, 3), 0),
                new("crops", DataType.Int32, new Shape(2, 2), 5),
                new("together", DataType.Float32, new Shape(1, 7, 8, 3), 0),
                new("y", DataType.Float32, new Shape(1, 7, 8, 3), 0),
            ],
            [
                new TfLiteOperator(38, "", [0, 1, 2], [3]) { OptionsType = 25 },
                new TfLiteOperator(3, "", [3, 4, 5], [6]) { OptionsType = 1, Options = [(0, (byte)1), (1, 1), (2, 1), (3, (byte)0), (4, 1), (5, 1)] },
                new TfLiteOperator(37, "", [6, 1, 7], [8]) { OptionsType = 24 },
                new TfLiteOperator(19, "", [8], [9]),
            ],
            [0],
            [9],
            [default, Bytes(block), Bytes(pads), Bytes(w), Bytes(0.1f, 0.2f, -0.3f), Bytes(crops)]);
        return new TfLiteChain(model, Tensor.FromArray(x, 1, 7, 8, 2));
    }

    /// <summary>MediaPipe's pooling by windows of 2×2 side by side, and its inverse.</summary>
    public static TfLiteChain PoolAndBack(Tensor x)
    {
        ReadOnlyMemory<byte> window = Bytes(2, 2, 2, 2, 2, 0);
        var half = new Shape(1, x.Shape[1] / 2, x.Shape[2] / 2, x.Shape[3]);
        var model = new TfLiteModel(
            "pool",
            [
                new("x", DataType.Float32, x.Shape, 0), new("pooled", DataType.Float32, half, 0), new("places", DataType.Float32, half, 0), new("y", DataType.Float32, x.Shape, 0),
            ],
            [
                new TfLiteOperator(32, "MaxPoolingWithArgmax2D", [0], [1, 2]) { CustomOptions = window },
                new TfLiteOperator(32, "MaxUnpooling2D", [1, 2], [3]) { CustomOptions = window },
            ],
            [0],
            [1, 3],
            [default]);
        return new TfLiteChain(model, x);
    }

    private static ReadOnlyMemory<byte> Bytes<T>(params T[] values)
        where T : unmanaged
        => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
