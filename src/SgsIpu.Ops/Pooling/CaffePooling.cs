using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// Caffe's pooling: sizes are rounded up, a last window that would start in the padding is not taken, and an average divides by the part of
/// its window that lies within the padded image.
/// </summary>
internal static class CaffePooling
{
    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Caffe("Pooling", Lift)];

    private static void Lift(LiftContext c)
    {
        Shape x = c.Image();
        int kind = c.Enum("pool", 0, "MAX", "AVE", "STOCHASTIC");
        if (kind == 2)
        {
            throw c.Error("CaffeParameter", "stochastic pooling is not supported; supported are MAX and AVE", IpuErrorKind.NotSupported);
        }

        if (c.OutputCount > 1)
        {
            throw c.Error("PoolingIndices", "the indices of a maximum pooling (a second top) are not supported", IpuErrorKind.NotSupported);
        }

        if (c.Node.Bool("global_pooling", false))
        {
            c.AddImageOutput(new ReduceOp(kind == 0 ? ReduceKind.Max : ReduceKind.Mean, [1, 2]), c.Input(0));
            return;
        }

        (int H, int W) kernel = c.Pair("kernel_size", "kernel", 0, 1);
        (int H, int W) stride = c.Pair("stride", "stride", 1, 1);
        (int H, int W) pad = c.Pair("pad", "pad", 0, 0);
        bool floor = c.Enum("round_mode", 0, "CEIL", "FLOOR") == 1 || !c.Node.Bool("ceil_mode", true);
        Windows rows = Windows.Of(c, x[2], kernel.H, stride.H, pad.H, floor);
        Windows columns = Windows.Of(c, x[3], kernel.W, stride.W, pad.W, floor);
        Pool2DOp op = kind == 0 ? new MaxPool2DOp() : new AveragePool2DOp { CountIncludePad = rows.WithinPadding && columns.WithinPadding };
        op = op with
        {
            KernelH = kernel.H,
            KernelW = kernel.W,
            StrideH = stride.H,
            StrideW = stride.W,
            PadTop = pad.H,
            PadBottom = rows.After,
            PadLeft = pad.W,
            PadRight = columns.After,
        };
        if (kind == 0 || rows.WithinPadding == columns.WithinPadding && (rows.WithinPadding || (pad.H == 0 && pad.W == 0)))
        {
            c.AddImageOutput(op, c.Input(0));
            return;
        }

        // The mean over the image's own pixels, scaled to the window's size in Caffe.
        float[] share = [.. rows.Shares.SelectMany(r => columns.Shares.Select(s => (float)(r * s)))];
        string mean = c.Add("mean", op, c.ToNhwc(c.Input(0)));
        string factor = c.AddConstant(Tensor.FromArray(share, 1, rows.Count, columns.Count, 1), "share");
        c.AddOutput(0, new TransposeOp([0, 3, 1, 2]), c.Add("scaled", new MulOp(), mean, factor));
    }

    /// <summary>The windows along one dimension.</summary>
    /// <param name="After">Padding after the image that makes rounding down give the same number.</param>
    /// <param name="WithinPadding">No window reaches beyond the padding that the layer declares.</param>
    /// <param name="Shares">Of each window: pixels of the image, divided by pixels of the padded image.</param>
    private sealed record Windows(int Count, int After, bool WithinPadding, double[] Shares)
    {
        public static Windows Of(LiftContext c, int size, int kernel, int stride, int pad, bool floor)
        {
            int room = size + (2 * pad) - kernel;
            if (room < 0 || pad >= kernel)
            {
                throw c.Wrong($"a window of {kernel} with padding {pad} does not fit {c.Spec(0)}");
            }

            int count = (floor ? room / stride : (room + stride - 1) / stride) + 1;
            count -= pad > 0 && (count - 1) * stride >= size + pad ? 1 : 0;

            // A window that starts behind the image, which strides wider than the window can give, sees nothing.
            count -= (count - 1) * stride - pad >= size ? 1 : 0;
            int end = ((count - 1) * stride) + kernel - pad;
            double[] shares = new double[count];
            for (int i = 0; i < count; i++)
            {
                int from = (i * stride) - pad;
                int to = Math.Min(from + kernel, size + pad);
                shares[i] = (double)(Math.Min(to, size) - Math.Max(from, 0)) / (to - from);
            }

            return new Windows(count, Math.Max(0, end - size), end <= size + pad, shares);
        }
    }
}
