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

    /// <summary>Nothing public speaks of dilated windows: their elements are taken apart first.</summary>
    protected Constraint Undilated => new(
        "the window of a pooling is not dilated",
        (_, _, _) => DilationH > 1 || DilationW > 1 ? $"dilation {DilationH}×{DilationW}" : null,
        ConstraintRemedy.Converted);

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

    public override int? ChannelOf(int input, IReadOnlyList<TensorSpec?> inputs, TensorSpec output) => 0;

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Preserving();

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    public override long? InputRows(int rows, IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => ((rows - 1L) * StrideH) + ((KernelH - 1L) * DilationH) + 1;

    protected void EmitPool(OnnxEmitter emitter, Node node, string opType, params ReadOnlySpan<(string Name, object Value)> more) =>
        EmitPool(emitter, node, opType, [], more);

    /// <param name="outputs">Values of further outputs.</param>
    protected void EmitPool(OnnxEmitter emitter, Node node, string opType, string[] outputs, params ReadOnlySpan<(string Name, object Value)> more) => emitter.Add(
        opType,
        [emitter.ChannelsFirst(node.Inputs[0])],
        [emitter.DefineChannelsFirst(node.Outputs[0]), .. outputs],
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
        var window = new PoolWindow(KernelH, KernelW, StrideH, StrideW, DilationH, DilationW, PadTop, PadLeft) { PadBottom = PadBottom, PadRight = PadRight };
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
            return new DelegateKernel((in a) => kernel.Run(a.Input<T>(0), a.Output<T>(0), a.Threads));
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
