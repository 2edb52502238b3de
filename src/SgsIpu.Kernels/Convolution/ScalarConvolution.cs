using System.Numerics;
using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>The specification of every convolution: one loop over the definition, in INT64.</summary>
internal sealed class ScalarConvolution(ConvolutionSpec spec) : Convolution(spec)
{
    public override void Run(ReadOnlySpan<byte> x, Span<byte> y, int threads)
    {
        if (Spec.InputType == DataType.UInt8)
        {
            Run<byte>(x, y);
        }
        else
        {
            Run(MemoryMarshal.Cast<byte, short>(x), y);
        }
    }

    private void Run<T>(ReadOnlySpan<T> x, Span<byte> y)
        where T : unmanaged, IBinaryInteger<T>
    {
        int element = 0;
        int groupOutputs = Spec.OutChannels / Spec.Groups;
        for (int n = 0; n < Spec.Batch; n++)
        {
            ReadOnlySpan<T> image = x.Slice(n * Spec.Height * Spec.Width * Spec.Channels, Spec.Height * Spec.Width * Spec.Channels);
            for (int oh = 0; oh < Spec.OutHeight; oh++)
            {
                for (int ow = 0; ow < Spec.OutWidth; ow++)
                {
                    for (int o = 0; o < Spec.OutChannels; o++)
                    {
                        Spec.Output.Write(y, element++, o, Sum(image, oh, ow, o, o / groupOutputs));
                    }
                }
            }
        }
    }

    private long Sum<T>(ReadOnlySpan<T> image, int oh, int ow, int o, int group)
        where T : unmanaged, IBinaryInteger<T>
    {
        long sum = 0;
        int channels = Spec.GroupChannels;
        for (int kh = 0; kh < Spec.KernelHeight; kh++)
        {
            int h = Spec.InputRow(oh, kh);
            for (int kw = 0; kw < Spec.KernelWidth; kw++)
            {
                int w = Spec.InputColumn(ow, kw);
                if ((uint)h >= (uint)Spec.Height || (uint)w >= (uint)Spec.Width)
                {
                    sum += Outside(o, kh, kw, group);
                    continue;
                }

                ReadOnlySpan<T> pixel = image.Slice((((h * Spec.Width) + w) * Spec.Channels) + (group * channels), channels);
                ReadOnlySpan<short> weights = WeightsAt(o, kh, kw);
                for (int i = 0; i < channels; i++)
                {
                    sum += (long)(int.CreateTruncating(pixel[i]) - Spec.InputZeroPoint) * weights[i];
                }
            }
        }

        return sum;
    }

    private long Outside(int o, int kh, int kw, int group)
    {
        long sum = 0;
        for (int i = 0; i < Spec.GroupChannels && !Spec.PadOffsets.IsEmpty; i++)
        {
            sum += (long)Spec.PadOffsets[(group * Spec.GroupChannels) + i] * WeightsAt(o, kh, kw)[i];
        }

        return sum;
    }

    /// <summary>The weights between an output channel and the input channels of its group.</summary>
    private ReadOnlySpan<short> WeightsAt(int o, int kh, int kw) =>
        Spec.Weights.AsSpan((((o * Spec.KernelHeight) + kh) * Spec.KernelWidth + kw) * Spec.GroupChannels, Spec.GroupChannels);
}
