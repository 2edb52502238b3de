using System.Collections.Immutable;
using System.Numerics;
using SgsIpu.Core;

namespace SgsIpu.Kernels.Tests;

/// <summary>Random convolutions, with extreme values in every few of them.</summary>
internal static class ConvolutionCases
{
    public static ConvolutionSpec Random(Random random, bool depthwise, DataType input, bool transposed = false)
    {
        int groups = depthwise ? random.Next(1, 70) : random.Next(3) == 0 ? random.Next(2, 4) : 1;
        int groupInputs = depthwise ? 1 : random.Next(1, 40);
        int groupOutputs = depthwise ? (random.Next(4) == 0 ? 2 : 1) : random.Next(1, 75);
        int kernelH = random.Next(1, 4);
        int kernelW = random.Next(1, 4);
        (int strideH, int strideW) = (random.Next(1, 3), random.Next(1, 3));
        (int dilationH, int dilationW) = (random.Next(1, 3), random.Next(1, 3));
        (int padTop, int padLeft) = (random.Next(0, 3), random.Next(0, 3));
        (int height, int width) = (random.Next(5, 9), random.Next(5, 12));
        if (!depthwise && random.Next(3) == 0)
        {
            (kernelH, kernelW, strideH, strideW, padTop, padLeft) = (1, 1, 1, 1, 0, 0);
        }

        int Out(int size, int kernel, int stride, int pad, int dilation) => transposed
            ? ((size - 1) * stride) + (dilation * (kernel - 1)) + 1 - pad
            : ((size + (2 * pad) - (dilation * (kernel - 1)) - 1) / stride) + 1;
        short limit = input == DataType.UInt8 ? (short)127 : random.Next(2) == 0 ? (short)20 : short.MaxValue;
        bool extreme = random.Next(4) == 0;
        int k = kernelH * kernelW * groupInputs;
        short[] weights = new short[groups * groupOutputs * k];
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = extreme ? (random.Next(8) == 0 ? (short)-limit : limit) : (short)random.Next(-limit, limit + 1);
        }

        int zero = input == DataType.UInt8 ? random.Next(0, 256) : random.Next(2) == 0 ? 0 : random.Next(-300, 300);
        return new ConvolutionSpec
        {
            Batch = random.Next(1, 3),
            Height = height,
            Width = width,
            Channels = groups * groupInputs,
            OutHeight = Math.Max(1, Out(height, kernelH, strideH, padTop, dilationH)),
            OutWidth = Math.Max(1, Out(width, kernelW, strideW, padLeft, dilationW)),
            KernelHeight = kernelH,
            KernelWidth = kernelW,
            StrideH = strideH,
            StrideW = strideW,
            PadTop = padTop,
            PadLeft = padLeft,
            DilationH = dilationH,
            DilationW = dilationW,
            Groups = groups,
            Transposed = transposed,
            InputType = input,
            InputZeroPoint = zero,
            PadOffsets = transposed ? [] : PadOffsets(random, groups * groupInputs, input, zero),
            Weights = weights,
            Output = Stage(random, groups * groupOutputs, k * (double)limit * (input == DataType.UInt8 ? 128 : 16384)),
        };
    }

    /// <summary>Random convolutions like those of networks: many channels, kernels up to 7, rows wider than a few pixels, scales that fast arithmetic serves.</summary>
    public static ConvolutionSpec RandomWide(Random random, bool depthwise, DataType input)
    {
        int[] sides = [1, 3, 3, 5, 7];
        int kernel = sides[random.Next(depthwise ? 1 : 0, depthwise ? sides.Length : 3)];
        int stride = random.Next(1, 3);
        int dilation = random.Next(5) == 0 ? 2 : 1;
        int pad = random.Next(2) == 0 ? kernel / 2 * dilation : 0;
        (int height, int width) = (random.Next(14, 17), random.Next(14, 22));
        int channels = depthwise ? random.Next(1, 260) : random.Next(1, 40) * (random.Next(3) == 0 ? 1 : 4);
        int outputs = depthwise ? channels : random.Next(1, 200);
        int groupInputs = depthwise ? 1 : channels;
        int k = kernel * kernel * groupInputs;
        int limit = input == DataType.UInt8 ? sbyte.MaxValue : short.MaxValue;
        short[] weights = [.. Enumerable.Range(0, outputs * k).Select(_ => (short)random.Next(-limit, limit + 1))];
        bool bytes = random.Next(2) == 0;
        double size = Math.Sqrt(k) * limit * (input == DataType.UInt8 ? 128 : 16384);
        (int low, int high) = bytes ? (0, 255) : (-32767, 32767);
        int zero = bytes ? random.Next(0, 256) : 0;
        int inputZero = input == DataType.UInt8 ? random.Next(0, 256) : 0;
        return new ConvolutionSpec
        {
            Height = height,
            Width = width,
            Channels = channels,
            OutHeight = ((height + (2 * pad) - (dilation * (kernel - 1)) - 1) / stride) + 1,
            OutWidth = ((width + (2 * pad) - (dilation * (kernel - 1)) - 1) / stride) + 1,
            KernelHeight = kernel,
            KernelWidth = kernel,
            StrideH = stride,
            StrideW = stride,
            PadTop = pad,
            PadLeft = pad,
            DilationH = dilation,
            DilationW = dilation,
            Groups = depthwise ? channels : 1,
            InputType = input,
            InputZeroPoint = inputZero,
            PadOffsets = PadOffsets(random, channels, input, inputZero),
            Weights = weights,
            Output = new OutputStage(
                bytes ? DataType.UInt8 : DataType.Int16,
                [.. Enumerable.Range(0, outputs).Select(_ => (long)((random.NextDouble() - 0.5) * size))],
                [.. Enumerable.Range(0, outputs).Select(_ => Requantizer.FromScale((0.3 + random.NextDouble()) * high / size))],
                zero,
                random.Next(2) == 0 ? low : zero,
                random.Next(2) == 0 ? high : zero + ((high - zero) / 2)),
        };
    }

    /// <summary>Any integers outside of the image, in every other case.</summary>
    private static ImmutableArray<int> PadOffsets(Random random, int channels, DataType input, int zero) => random.Next(2) == 0 ? []
        : [.. Enumerable.Range(0, channels).Select(_ => input == DataType.UInt8 ? random.Next(0, 256) - zero : random.Next(-300, 300))];

    /// <summary>A stage whose scales take sums of the given size to about the range of the output.</summary>
    public static OutputStage Stage(Random random, int channels, double size)
    {
        bool bytes = random.Next(2) == 0;
        double gain = Math.Pow(10, (random.NextDouble() * 3) - 1) * (bytes ? 128 : 32768) / size;
        int odd = random.Next(6);
        var scale = new Requantizer[channels];
        long[] bias = new long[channels];
        for (int c = 0; c < channels; c++)
        {
            scale[c] = Requantizer.FromScale(gain * (0.5 + random.NextDouble()));
            bias[c] = (long)((random.NextDouble() - 0.5) * size);
        }

        // Scales and biases that no fast arithmetic serves, on some channel among others.
        int any = random.Next(channels);
        (scale[any], bias[any]) = odd switch
        {
            0 => (Requantizer.FromScale(random.NextDouble() * 1e6), bias[any]),
            1 => (default, bias[any]),
            2 => (Requantizer.FromScale(1e-27), bias[any]),
            3 => (Requantizer.FromScale(-gain), (1L << 59) + 77),
            4 => (Requantizer.FromScale(0.6), -(1L << 50)),
            _ => (scale[any], bias[any]),
        };
        int low = bytes ? 0 : -32767;
        int high = bytes ? 255 : 32767;
        int zero = random.Next(low, high + 1);
        return random.Next(2) == 0
            ? new OutputStage(bytes ? DataType.UInt8 : DataType.Int16, bias, scale, zero, low, high)
            : new OutputStage(bytes ? DataType.UInt8 : DataType.Int16, bias, scale, zero, zero, Math.Min(high, zero + ((high - low) / 2)));
    }

    /// <summary>Elements as bytes, all of them the smallest or the largest of the type in some cases.</summary>
    public static byte[] Elements(Random random, int count, DataType type)
    {
        byte[] data = new byte[count * (type == DataType.UInt8 ? 1 : 2)];
        random.NextBytes(data);
        switch (random.Next(5))
        {
            case 0:
                for (int i = 0; i < data.Length; i++)
                {
                    data[i] = type == DataType.UInt8 ? byte.MaxValue : (byte)(i % 2 == 0 ? 0x00 : 0x80);
                }

                break;
            case 1:
                for (int i = 0; i < data.Length; i++)
                {
                    data[i] = type == DataType.UInt8 ? (byte)0 : (byte)(i % 2 == 0 ? 0xFF : 0x7F);
                }

                break;
        }

        return data;
    }

    /// <summary>The stage by unbounded integers.</summary>
    public static long Finish(OutputStage stage, int channel, long sum)
    {
        Requantizer scale = stage.Scale[channel];
        BigInteger twice = (((BigInteger)sum + stage.Bias[channel]) * scale.Multiplier * 2) + (BigInteger.One << scale.Shift);
        BigInteger value = BigInteger.DivRem(twice, BigInteger.One << (scale.Shift + 1), out BigInteger rest);
        return (long)BigInteger.Max(stage.Min, BigInteger.Min(stage.Max, value - (rest.Sign < 0 ? 1 : 0) + stage.ZeroPoint));
    }
}
