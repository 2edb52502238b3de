using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>What the poolings over NHWC images share: the window, its steps, and padding that holds no values.</summary>
public abstract record Pool2DOp : IpuOperator
{
    public int KernelH { get; init; } = 1;

    public int KernelW { get; init; } = 1;

    public int StrideH { get; init; } = 1;

    public int StrideW { get; init; } = 1;

    public int DilationH { get; init; } = 1;

    public int DilationW { get; init; } = 1;

    public int PadTop { get; init; }

    public int PadBottom { get; init; }

    public int PadLeft { get; init; }

    public int PadRight { get; init; }

    /// <summary>True where a last window that is only partly filled counts.</summary>
    public bool CeilMode { get; init; }

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        TensorSpec x = inputs[0]!;
        if (x.Shape.Rank != 4 || KernelH < 1 || KernelW < 1 || StrideH < 1 || StrideW < 1 || DilationH < 1 || DilationW < 1)
        {
            throw Mismatch($"a window of {KernelH}×{KernelW}, stride {StrideH}×{StrideW}, does not slide over {x}");
        }

        int h = Slide(x, x.Shape[1], KernelH, StrideH, DilationH, PadTop, PadBottom);
        int w = Slide(x, x.Shape[2], KernelW, StrideW, DilationW, PadLeft, PadRight);
        return [new TensorType(x.Type, new Shape(x.Shape[0], h, w, x.Shape[3]))];
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Preserving();

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    /// <summary>Reads the window of an ONNX pooling.</summary>
    protected static Pool2DOp WithWindow(LiftContext c, Pool2DOp op)
    {
        Shape x = c.Spec(0).Shape;
        long[] kernel = c.Node.Ints("kernel_shape") ?? throw c.Error("MissingAttribute", "kernel_shape is missing");
        if (x.Rank != 4 || kernel.Length != 2)
        {
            throw c.Error("PoolingRank", $"only images are pooled (rank 4), found {x} with a window of {kernel.Length} dimensions", IpuErrorKind.NotSupported);
        }

        long[] strides = c.Node.Ints("strides") ?? [1, 1];
        long[] dilations = c.Node.Ints("dilations") ?? [1, 1];
        long[] pads = c.Node.Ints("pads") ?? [0, 0, 0, 0];
        string auto = c.Node.String("auto_pad", "NOTSET");
        if (auto is "SAME_UPPER" or "SAME_LOWER")
        {
            pads = new long[4];
            for (int d = 0; d < 2; d++)
            {
                long total = Math.Max(0, ((((x[2 + d] + strides[d] - 1) / strides[d]) - 1) * strides[d]) + ((kernel[d] - 1) * dilations[d]) + 1 - x[2 + d]);
                long less = total / 2;
                (pads[d], pads[d + 2]) = auto == "SAME_UPPER" ? (less, total - less) : (total - less, less);
            }
        }

        return op with
        {
            KernelH = (int)kernel[0],
            KernelW = (int)kernel[1],
            StrideH = (int)strides[0],
            StrideW = (int)strides[1],
            DilationH = (int)dilations[0],
            DilationW = (int)dilations[1],
            PadTop = (int)pads[0],
            PadLeft = (int)pads[1],
            PadBottom = (int)pads[2],
            PadRight = (int)pads[3],
            CeilMode = c.Node.Int("ceil_mode", 0) != 0,
        };
    }

    protected void EmitPool(OnnxEmitter emitter, Node node, string opType, params ReadOnlySpan<(string Name, object Value)> more) => emitter.Add(
        opType,
        [emitter.ChannelsFirst(node.Inputs[0])],
        [emitter.DefineChannelsFirst(node.Outputs[0])],
        [
            ("kernel_shape", OnnxEmitter.Longs([KernelH, KernelW])),
            ("strides", OnnxEmitter.Longs([StrideH, StrideW])),
            ("dilations", OnnxEmitter.Longs([DilationH, DilationW])),
            ("pads", OnnxEmitter.Longs([PadTop, PadLeft, PadBottom, PadRight])),
            ("ceil_mode", CeilMode ? 1L : 0L),
            .. more,
        ]);

    protected FixedKernel Prepare(FixedBinding binding, bool average, bool countPadding)
    {
        Shape x = binding.Input(0).Shape;
        Shape y = binding.Output.Shape;
        var window = new PoolWindow(KernelH, KernelW, StrideH, StrideW, DilationH, DilationW, PadTop, PadLeft);
        int? padded = countPadding ? binding.Input(0).Quant?.ZeroPoint ?? 0 : null;
        return binding.Input(0).Type switch
        {
            DataType.UInt8 => Kernel<byte>(),
            DataType.Int16 => Kernel<short>(),
            DataType.Int8 => Kernel<sbyte>(),
            var other => throw binding.NotSupported($"{Name} has no integer form for {other}"),
        };

        FixedKernel Kernel<T>()
            where T : unmanaged, System.Numerics.IBinaryInteger<T>, System.Numerics.IMinMaxValue<T>
        {
            var kernel = new PoolKernel<T>(window, (x[0], x[1], x[2], x[3]), (y[1], y[2]), average, padded);
            return new DelegateKernel(
                (in a) => kernel.Run(a.Input<T>(0), a.Output<T>(0), System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(a.Workspace)), x[3] * sizeof(int));
        }
    }

    private int Slide(TensorSpec x, int size, int kernel, int stride, int dilation, int before, int after)
    {
        int room = size + before + after - (((kernel - 1) * dilation) + 1);
        if (room < 0)
        {
            throw Mismatch($"a window of {kernel} (dilation {dilation}) does not fit {x} with padding {before} and {after}");
        }

        int count = (CeilMode ? (room + stride - 1) / stride : room / stride) + 1;

        // A window that would start in the padding after the image is not taken.
        return CeilMode && (count - 1) * stride >= size + before ? count - 1 : count;
    }
}
