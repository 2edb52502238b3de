using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Caffe's convolutions and inner products.</summary>
internal static class CaffeConvolution
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Caffe("Convolution", static c => Convolution(c, c.Size("group", 1))),
        ImportRule.Caffe("ConvolutionDepthwise", static c => Convolution(c, c.Image()[1])),
        ImportRule.Caffe("Deconvolution", Deconvolution),
        ImportRule.Caffe("DepthwiseConvolution", static c => Convolution(c, c.Image()[1])),
        ImportRule.Caffe("InnerProduct", InnerProduct),
    ];

    private static void Convolution(LiftContext c, int groups)
    {
        Shape x = c.Image();
        int outputs = Outputs(c);
        (int H, int W) kernel = Kernel(c);
        if (x[1] % groups != 0 || outputs % groups != 0)
        {
            throw c.Wrong($"{x[1]} channels and {outputs} outputs cannot be divided into {groups} groups");
        }

        bool depthwise = groups > 1 && groups == x[1];
        ImageConvolutionOp op = Windowed(c, depthwise ? new DepthwiseConv2DOp() : new Conv2DOp { Groups = groups });
        Tensor weights = c.Blob(0, "weights", new Shape(outputs, x[1] / groups, kernel.H, kernel.W));
        string turned = c.AddConstant(depthwise ? weights.Transpose(1, 2, 3, 0) : weights.Transpose(0, 2, 3, 1), "weights");
        c.AddImageOutput(op, Inputs(c, turned, outputs));
    }

    private static void Deconvolution(LiftContext c)
    {
        Shape x = c.Image();
        int groups = c.Size("group", 1);
        int outputs = Outputs(c);
        (int H, int W) kernel = Kernel(c);
        if (x[1] % groups != 0 || outputs % groups != 0)
        {
            throw c.Wrong($"{x[1]} channels and {outputs} outputs cannot be divided into {groups} groups");
        }

        ImageConvolutionOp op = Windowed(c, new TransposedConv2DOp { Groups = groups });

        // [I, O/g, KH, KW]; a group's own output channels come first in the IR.
        Tensor weights = c.Blob(0, "weights", new Shape(x[1], outputs / groups, kernel.H, kernel.W))
            .Reshape(new Shape(groups, x[1] / groups, outputs / groups, kernel.H, kernel.W))
            .Transpose(0, 2, 3, 4, 1)
            .Reshape(new Shape(outputs, kernel.H, kernel.W, x[1] / groups));
        c.AddImageOutput(op, Inputs(c, c.AddConstant(weights, "weights"), outputs));
    }

    /// <summary>The dimensions from the axis on are one.</summary>
    private static void InnerProduct(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int axis = c.Axis("axis", 1);
        int outputs = Outputs(c);
        int inner = x.Skip(axis).Aggregate(1, (a, b) => checked(a * b));
        bool turned = c.Node.Bool("transpose", false);
        Tensor weights = c.Blob(0, "weights", turned ? new Shape(inner, outputs) : new Shape(outputs, inner));
        string flat = c.Reshaped(c.Input(0), new Shape([.. x.Take(axis), inner]), "flat");
        string[] inputs = Inputs(c, c.AddConstant(turned ? weights.Transpose(1, 0) : weights, "weights"), outputs);
        c.AddOutput(0, new FullyConnectedOp(), [flat, .. inputs[1..]]);
    }

    private static int Outputs(LiftContext c) => c.Size("num_output", 0);

    private static (int H, int W) Kernel(LiftContext c) => c.Pair("kernel_size", "kernel", 0, 1);

    private static string[] Inputs(LiftContext c, string weights, int outputs) => c.Node.Bool("bias_term", true)
        ? [c.Input(0), weights, c.AddConstant(c.Blob(1, "bias", new Shape(outputs)), "bias")]
        : [c.Input(0), weights];

    private static ImageConvolutionOp Windowed(LiftContext c, ImageConvolutionOp op)
    {
        if (c.Axis("axis", 1) != 1)
        {
            throw c.Error("CaffeParameter", "only the channels of an image (axis 1) are convolved", IpuErrorKind.NotSupported);
        }

        (int H, int W) stride = c.Pair("stride", "stride", 1, 1);
        (int H, int W) pad = c.Pair("pad", "pad", 0, 0);
        (int H, int W) dilation = c.Pair("dilation", "dilation", 1, 1);
        return op with
        {
            StrideH = stride.H,
            StrideW = stride.W,
            DilationH = dilation.H,
            DilationW = dilation.W,
            PadTop = pad.H,
            PadBottom = pad.H,
            PadLeft = pad.W,
            PadRight = pad.W,
        };
    }
}
