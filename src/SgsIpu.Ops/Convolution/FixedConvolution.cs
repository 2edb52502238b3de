using System.Collections.Immutable;
using System.Numerics;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>From the tensors of a fixed-point graph to what the convolution kernels take.</summary>
internal static class FixedConvolution
{
    private const long LargestBias = 1L << 60;

    /// <summary>The zero point of an activation, whose type is checked.</summary>
    public static int Activation(FixedBinding binding, TensorSpec tensor)
    {
        if (tensor.Type is not (DataType.UInt8 or DataType.Int16))
        {
            throw binding.NotSupported($"'{tensor.Name}' is {tensor.Type}; convolutions read and write UInt8 and Int16");
        }

        return FixedBinding.Quant(tensor).ZeroPoint;
    }

    /// <summary>How far from the zero point each channel's integer for 0 is, which is what stands outside of an image.</summary>
    public static ImmutableArray<int> PadOffsets(FixedBinding binding, TensorSpec tensor)
    {
        QuantParam quant = FixedBinding.Quant(tensor);
        (int low, int high) = tensor.Type == DataType.UInt8 ? (byte.MinValue, byte.MaxValue) : (short.MinValue, short.MaxValue);
        return quant.Offsets.IsEmpty || (quant.Offsets.Length == tensor.Shape[-1] && quant.Offsets.All(o => quant.ZeroPoint + o >= low && quant.ZeroPoint + o <= high))
            ? quant.Offsets
            : throw binding.NotSupported($"'{tensor.Name}' has integers for 0 that {tensor.Type} does not hold, or not one for each channel");
    }

    /// <summary>
    /// What gives constant weights as INT16 values; UINT8 activations go with INT8 and INT4 weights, INT16 with these and INT16. They are
    /// checked at once, but made only when a kernel packs them.
    /// </summary>
    public static Func<short[]> Weights(FixedBinding binding, TensorSpec activation, TensorSpec weights)
    {
        if (weights.Constant is not { } constant)
        {
            throw binding.NotSupported($"the weights '{weights.Name}' are computed from the data; in a fixed-point model they are constant");
        }

        return (activation.Type, weights.Type) switch
        {
            (_, DataType.Int8) => () => Widen(constant.As<sbyte>()),
            (_, DataType.Int4) => () => Widen(Int4.Unpack(constant)),
            (DataType.Int16, DataType.Int16) => () => constant.As<short>().ToArray(),
            _ => throw binding.NotSupported($"{activation.Type} activations with {weights.Type} weights; allowed are UInt8 with Int8 or Int4, and Int16 with Int16"),
        };
    }

    /// <summary>The output stage of a node with weights at input 1 and an optional bias at input 2.</summary>
    public static OutputStage Output(FixedBinding binding, int channels, float activationMin, float activationMax)
    {
        long[] bias = new long[channels];
        if (binding.OptionalInput(2) is { } spec)
        {
            if (spec.Constant is not { Type: DataType.Int32 or DataType.Int64 } constant || constant.Count != channels)
            {
                throw binding.NotSupported($"the bias '{spec.Name}' is {spec.Type} {spec.Shape}; it is a constant of {channels} Int32 or Int64 values");
            }

            bias = constant.ToLongs();
            if (bias.Any(b => b is > LargestBias or < -LargestBias))
            {
                throw binding.NotSupported($"the bias '{spec.Name}' has values beyond 2^60");
            }
        }

        return Output(binding, FixedBinding.Quant(binding.Input(1)), channels, bias, activationMin, activationMax);
    }

    /// <summary>The output stage for weights with the given mapping.</summary>
    public static OutputStage Output(FixedBinding binding, QuantParam weights, int channels, long[] bias, float activationMin, float activationMax)
    {
        TensorSpec output = binding.Output;
        int zero = Activation(binding, output);
        if (weights.Scale.Length != 1 && weights.Scale.Length != channels)
        {
            throw binding.NotSupported($"the weights have {weights.Scale.Length} scales for {channels} output channels");
        }

        // Scales of input channels are part of the weights.
        QuantParam input = FixedBinding.Quant(binding.Input(0));
        double x = input.IsPerTensor ? input.Scale[0] : 1;
        QuantParam y = FixedBinding.Quant(output);
        var scale = new Requantizer[channels];
        for (int c = 0; c < channels; c++)
        {
            scale[c] = Requantizer.FromScale(x * weights.Scale[weights.IsPerTensor ? 0 : c] / y.Scale[y.IsPerTensor ? 0 : c]);
        }

        (int low, int high) = output.Type == DataType.UInt8 ? (byte.MinValue, byte.MaxValue) : (-short.MaxValue, short.MaxValue);
        int min = Bound(activationMin, y, low, high);
        int max = Math.Max(min, Bound(activationMax, y, low, high));
        return new OutputStage(output.Type, bias, scale, zero, min, max);
    }

    /// <summary>A kernel over input 0 and output 0. Its weights are packed at the first run, so that a model is ready at once.</summary>
    /// <param name="spec">The convolution without its weights.</param>
    public static FixedKernel Kernel(ConvolutionSpec spec, Func<short[]> weights)
    {
        KernelForm form = KernelForms.CurrentProduct;
        return Kernel(new Lazy<Convolution>(() => Convolution.Create(spec with { Weights = weights() }, form)));
    }

    private static DelegateKernel Kernel(Lazy<Convolution> convolution) => new((in FixedArguments a) => convolution.Value.Run(a.Input(0), a.Output(0), a.Threads));

    private static short[] Widen(ReadOnlySpan<sbyte> values)
    {
        short[] wide = GC.AllocateUninitializedArray<short>(values.Length);
        int i = 0;
        for (; i <= wide.Length - Vector<sbyte>.Count; i += Vector<sbyte>.Count)
        {
            Vector.Widen(new Vector<sbyte>(values[i..]), out Vector<short> lower, out Vector<short> upper);
            lower.CopyTo(wide, i);
            upper.CopyTo(wide, i + Vector<short>.Count);
        }

        for (; i < wide.Length; i++)
        {
            wide[i] = values[i];
        }

        return wide;
    }

    /// <summary>
    /// A real bound as an integer of the output, within the type. A tensor with a scale for each channel has no bounds, or those of a ReLU:
    /// 0, which is the same integer for all, and one that no channel's scale reaches beyond.
    /// </summary>
    private static int Bound(float bound, QuantParam output, int low, int high)
    {
        if (!output.IsPerTensor && bound != 0)
        {
            return bound > 0 ? high : low;
        }

        return (int)Math.Clamp(Math.Round(bound / output.Scale[0], MidpointRounding.ToEven) + output.ZeroPoint, low, high);
    }
}
