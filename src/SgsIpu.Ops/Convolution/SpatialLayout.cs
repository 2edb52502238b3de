using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// Lines and volumes of a channels-first framework as the images that the IR's operators take: [N, C, L] as [N, 1, L, C], and
/// [N, C, D, H, W] as N·D images [H, W, C]. Tensors of rank 3 and 5 themselves stay in the framework's order.
/// </summary>
internal static class SpatialLayout
{
    /// <summary>NHWC images of a source tensor [N, C, ...].</summary>
    public static string ToImage(LiftContext c, string x)
    {
        Shape s = c.SpecOf(x).Shape;
        return s.Rank switch
        {
            3 => c.Add("image", new ReshapeOp(new Shape(s[0], 1, s[2], s[1])), c.Add("nlc", new TransposeOp([0, 2, 1]), x)),
            4 => c.ToNhwc(x),
            _ => c.Add("image", new ReshapeOp(new Shape(s[0] * s[2], s[3], s[4], s[1])), c.Add("ndhwc", new TransposeOp([0, 2, 3, 4, 1]), x)),
        };
    }

    /// <summary>Binds source output 0 to NHWC images in the order of the source.</summary>
    public static void Finish(LiftContext c, string image)
    {
        Shape source = c.Spec(0).Shape;
        if (source.Rank == 4)
        {
            c.Bind(0, c.Add("nchw", new TransposeOp([0, 3, 1, 2]), image));
        }
        else
        {
            FromImage(c, source[0], source.Rank, image);
        }
    }

    /// <summary>Runs an operator on images and binds source output 0 to the result in the order of the source.</summary>
    /// <param name="more">Further inputs; "" at the end for an absent one.</param>
    public static void Over(LiftContext c, string image, IpuOperator op, params ReadOnlySpan<string> more)
    {
        string[] inputs = more.Length > 0 && more[^1].Length == 0 ? [image, .. more[..^1]] : [image, .. more];
        Finish(c, c.Spec(0).Shape.Rank == 4 ? c.AddNamed(op, inputs) : c.Add("result", op, inputs));
    }

    /// <summary>Binds source output 0 to NHWC images that stand for lines (rank 3) or volumes (rank 5) of a batch.</summary>
    private static void FromImage(LiftContext c, int batch, int rank, string image)
    {
        Shape y = c.SpecOf(image).Shape;
        if (rank == 3)
        {
            c.AddOutput(0, new TransposeOp([0, 2, 1]), c.Add("line", new ReshapeOp(new Shape(y[0], y[2], y[3])), image));
        }
        else
        {
            c.AddOutput(0, new TransposeOp([0, 4, 1, 2, 3]), c.Add("volume", new ReshapeOp(new Shape(batch, y[0] / batch, y[1], y[2], y[3])), image));
        }
    }

    /// <summary>A tensor under another shape; a constant stays one.</summary>
    public static string Reshaped(LiftContext c, string tensor, Shape shape, string hint) => c.SpecOf(tensor).Constant is { } constant
        ? c.AddConstant(constant.Reshape(shape), hint)
        : c.Add(hint, new ReshapeOp(shape), tensor);

    /// <summary>A tensor with its dimensions reordered; a constant stays one.</summary>
    public static string Transposed(LiftContext c, string tensor, ReadOnlySpan<int> permutation, string hint) => c.SpecOf(tensor).Constant is { } constant
        ? c.AddConstant(constant.Transpose(permutation), hint)
        : c.Add(hint, new TransposeOp([.. permutation]), tensor);
}
