using System.Collections.Immutable;
using System.Numerics;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>
/// The largest value under each position of a window over an NHWC image, and where it stood: as an index into the flat NCHW image of all
/// the batch, which is what ONNX has. Of equal values the first counts.
/// </summary>
/// <param name="ColumnMajor">True where the index runs down the columns of an image.</param>
public sealed record MaxPoolWithIndices2DOp(bool ColumnMajor = false) : Pool2DOp
{
    /// <summary>None: <see cref="PoolingImport"/> makes it.</summary>
    public static ImmutableArray<ImportRule> Imports => [];

    public override string Name => "MaxPoolWithIndices2D";

    public override ImmutableArray<Constraint> Constraints =>
    [
        new("the places of maxima are found on the processor, not on the accelerator", static (_, _, _) => "indices", ConstraintRemedy.Converted),
    ];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        TensorType pooled = base.InferOutputs(inputs)[0];
        return [pooled, new TensorType(DataType.Int64, pooled.Shape)];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        EmitPool(emitter, node, "MaxPool", [emitter.DefineChannelsFirst(node.Outputs[1])], ("storage_order", ColumnMajor ? 1L : 0L));
    }

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        return binding.Input(0).Type switch
        {
            DataType.UInt8 => Kernel<byte>(binding),
            DataType.Int16 => Kernel<short>(binding),
            DataType.Int8 => Kernel<sbyte>(binding),
            var other => throw binding.NotSupported($"{Name} has no integer form for {other}"),
        };
    }

    private DelegateKernel Kernel<T>(FixedBinding binding)
        where T : unmanaged, IBinaryInteger<T>
    {
        Shape x = binding.Input(0).Shape;
        Shape y = binding.Output.Shape;
        var kernel = new ArgMaxPoolKernel<T>(
            new PoolWindow(KernelH, KernelW, StrideH, StrideW, DilationH, DilationW, PadTop, PadLeft), (x[0], x[1], x[2], x[3]), (y[1], y[2]), ColumnMajor);
        return new DelegateKernel((in FixedArguments a) => kernel.Run(a.Input<T>(0), a.Output<T>(0), a.Output<long>(1)));
    }
}
