using System.Buffers;
using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>A depthwise convolution with several outputs of each channel: one with one output of each, of an input whose channels are repeated.</summary>
internal sealed class RepeatedConvolution(ConvolutionSpec spec, KernelForm form) : Convolution(spec with { Weights = [] })
{
    private readonly Convolution _convolution = Create(Repeated(spec), form);
    private readonly int _size = spec.InputType == DataType.UInt8 ? sizeof(byte) : sizeof(short);

    /// <summary>True where this kernel can do a convolution.</summary>
    public static bool Serves(ConvolutionSpec spec) => spec.GroupChannels == 1 && spec.OutChannels > spec.Channels;

    private static ConvolutionSpec Repeated(ConvolutionSpec spec) => spec with
    {
        Channels = spec.OutChannels,
        Groups = spec.OutChannels,
        PadOffsets = [.. spec.PadOffsets.SelectMany(p => Enumerable.Repeat(p, spec.OutChannels / spec.Channels))],
    };

    public override void Run(ReadOnlySpan<byte> x, Span<byte> y, int threads)
    {
        int times = Spec.OutChannels / Spec.Channels;
        int length = x.Length * times;
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        int target = 0;
        for (int source = 0; source < x.Length; source += _size)
        {
            for (int i = 0; i < times; i++, target += _size)
            {
                rented[target] = x[source];
                if (_size == sizeof(short))
                {
                    rented[target + 1] = x[source + 1];
                }
            }
        }

        _convolution.Run(rented.AsSpan(0, length), y, threads);
        ArrayPool<byte>.Shared.Return(rented);
    }
}
