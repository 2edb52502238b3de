using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>
/// A convolution of integers: y[n, oh, ow, o] = stage(o, Σ (x[n, h, w, i] − zero) · weights[o, kh, kw, i]), with
/// h = oh · StrideH − PadTop + kh · DilationH, and likewise w. What is outside of the image counts as the zero point, or as <see cref="PadOffsets"/> says. A transposed
/// convolution has it the other way round: oh = h · StrideH − PadTop + kh · DilationH.
/// </summary>
public sealed record ConvolutionSpec
{
    public int Batch { get; init; } = 1;

    public required int Height { get; init; }

    public required int Width { get; init; }

    /// <summary>Input channels, of all groups.</summary>
    public required int Channels { get; init; }

    public required int OutHeight { get; init; }

    public required int OutWidth { get; init; }

    public int KernelHeight { get; init; } = 1;

    public int KernelWidth { get; init; } = 1;

    public int StrideH { get; init; } = 1;

    public int StrideW { get; init; } = 1;

    public int PadTop { get; init; }

    public int PadLeft { get; init; }

    public int DilationH { get; init; } = 1;

    public int DilationW { get; init; } = 1;

    /// <summary>Output channel o reads the input channels of group o / (OutChannels / Groups).</summary>
    public int Groups { get; init; } = 1;

    public bool Transposed { get; init; }

    /// <summary>UInt8 or Int16.</summary>
    public required DataType InputType { get; init; }

    public required int InputZeroPoint { get; init; }

    /// <summary>How far from the zero point each input channel is outside of the image; empty where none is. Not for a transposed convolution.</summary>
    public ImmutableArray<int> PadOffsets { get; init; } = [];

    /// <summary>[OutChannels, KernelHeight, KernelWidth, Channels / Groups]; within ±127 for UInt8 inputs.</summary>
    public required short[] Weights { get; init; }

    public required OutputStage Output { get; init; }

    public int OutChannels => Output.Scale.Length;

    public int GroupChannels => Channels / Groups;

    /// <summary>Each output pixel comes from the input pixel at the same place alone.</summary>
    internal bool IsPointwise =>
        (KernelHeight, KernelWidth, StrideH, StrideW, PadTop, PadLeft) == (1, 1, 1, 1, 0, 0) && (OutHeight, OutWidth) == (Height, Width);

    /// <summary>Each output channel comes from the input channel at the same place alone.</summary>
    internal bool IsDepthwise => GroupChannels == 1 && OutChannels == Channels;

    /// <summary>The input row under a row of the kernel, maybe outside of the image; −1 where a transposed convolution has none.</summary>
    internal int InputRow(int output, int kernel) => Position(output, kernel, StrideH, PadTop, DilationH);

    /// <inheritdoc cref="InputRow"/>
    internal int InputColumn(int output, int kernel) => Position(output, kernel, StrideW, PadLeft, DilationW);

    /// <summary>The input elements of a pixel outside of the image.</summary>
    /// <param name="bytes">Whether they are bytes; else INT16.</param>
    internal byte[] Outside(bool bytes)
    {
        short[] values = [.. Enumerable.Range(0, Channels).Select(c => (short)(InputZeroPoint + (PadOffsets.IsEmpty ? 0 : PadOffsets[c])))];
        return bytes ? [.. values.Select(v => (byte)v)] : MemoryMarshal.AsBytes<short>(values).ToArray();
    }

    private int Position(int output, int kernel, int stride, int pad, int dilation)
    {
        if (!Transposed)
        {
            return (output * stride) - pad + (kernel * dilation);
        }

        int scaled = output + pad - (kernel * dilation);
        return scaled >= 0 && scaled % stride == 0 ? scaled / stride : -1;
    }
}
