using System.Buffers;
using System.Runtime.CompilerServices;
using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>
/// A depthwise convolution in machine code, row by row and block of channels by block. Outputs whose kernel reaches beyond the columns
/// are computed from a copy of what is under it; rows outside of the image are a row of what stands there.
/// </summary>
internal sealed unsafe class MachineDepthwise : Convolution
{
    private const int SplitBits = 8;

    private static readonly Action<(MachineDepthwise Self, nint X, nint Y), int, int> Body = static (s, first, end) => s.Self.Run((byte*)s.X, (byte*)s.Y, first, end);

    private readonly Block[] _blocks;
    private readonly nint[] _functions;
    private readonly PinnedArray<int> _weights;
    private readonly StageBlocks _stage;
    private readonly int _size;
    private readonly byte[] _outside;
    private readonly int _firstInside;
    private readonly int _endInside;

    private MachineDepthwise(ConvolutionSpec spec, Block[] blocks, PinnedArray<int> weights, StageBlocks stage)
        : base(spec with { Weights = [] })
    {
        (_blocks, _weights, _stage) = (blocks, weights, stage);
        _functions = new nint[blocks.Length];
        _size = spec.InputType == DataType.UInt8 ? sizeof(byte) : sizeof(short);
        _outside = spec.Outside(_size == sizeof(byte));
        int reach = (spec.KernelWidth - 1) * spec.DilationW;
        _firstInside = Math.Clamp((spec.PadLeft + spec.StrideW - 1) / spec.StrideW, 0, spec.OutWidth);
        int last = spec.Width - 1 - reach + spec.PadLeft;
        _endInside = Math.Clamp(last < 0 ? 0 : (last / spec.StrideW) + 1, _firstInside, spec.OutWidth);
    }

    /// <summary>The convolution, or null where machine code cannot do it exactly in its registers.</summary>
    public static MachineDepthwise? TryCreate(ConvolutionSpec spec, ConvolutionBounds bounds)
    {
        bool bytes = spec.InputType == DataType.UInt8;
        int bits = bounds.FitsInt32 ? 0 : SplitBits;
        if (!spec.IsDepthwise || spec.KernelHeight > DepthwiseCode.MaxRows || (bytes && bounds is not { FitsInt32: true, FitsBytes: true }) || (bits > 0 && !SplitFits(spec, bounds)))
        {
            return null;
        }

        List<Block> blocks = Layout(spec, bytes, bits);
        int[] channels = [.. blocks.SelectMany(b => Enumerable.Range(0, b.Vectors * ColumnOrder.Lanes).Select(i => b.ChannelAt(i, bytes)))];
        StageBlocks? stage = StageBlocks.TryCreate(spec.Output with { Bias = bounds.Bias }, bounds.Sums, bits, channels);
        if (stage is null)
        {
            return null;
        }

        var weights = new PinnedArray<int>(blocks.Sum(b => b.Weights));
        foreach (Block block in blocks)
        {
            Pack(spec, block, bytes, bits, weights.Span.Slice(block.Offset, block.Weights));
        }

        return new MachineDepthwise(spec, [.. blocks], weights, stage);
    }

    public override void Run(ReadOnlySpan<byte> x, Span<byte> y, int threads)
    {
        fixed (byte* px = x, py = y)
        {
            Workers.Run(Spec.Batch * Spec.OutHeight, threads, (this, (nint)px, (nint)py), Body);
        }

        GC.KeepAlive(this);
    }

    private static bool SplitFits(ConvolutionSpec spec, ConvolutionBounds bounds)
    {
        int taps = spec.KernelHeight * spec.KernelWidth;
        return Enumerable.Range(0, spec.Channels).All(c =>
            MachinePanels.SplitFits(spec.Weights.AsSpan(c * taps, taps), bounds.Bias[c], ConvolutionBounds.Magnitude(spec.InputType), SplitBits));
    }

    /// <summary>Blocks of a whole vector of elements; the last of one, two or four vectors of INT32, not all of them full.</summary>
    private static List<Block> Layout(ConvolutionSpec spec, bool bytes, int bits)
    {
        int most = DepthwiseCode.MaxVectors(bytes);
        int rows = bytes ? 4 : 2;
        int depth = (spec.KernelHeight + rows - 1) / rows * spec.KernelWidth * (bits > 0 ? 2 : 1);
        var blocks = new List<Block>();
        (int vectors, int offset) = (0, 0);
        for (int channel = 0; channel < spec.Channels; channel += vectors * ColumnOrder.Lanes)
        {
            int left = (spec.Channels - channel + ColumnOrder.Lanes - 1) / ColumnOrder.Lanes;
            int first = blocks.Sum(b => b.Vectors);
            vectors = left == 3 ? most : Math.Min(left, most);
            blocks.Add(new Block(channel, Math.Min(spec.Channels - channel, vectors * ColumnOrder.Lanes), vectors, offset, vectors * ColumnOrder.Lanes * depth, first));
            offset += blocks[^1].Weights;
        }

        return blocks;
    }

    /// <summary>Weights by column of the kernel, group of rows, vector of channels, and part.</summary>
    private static void Pack(ConvolutionSpec spec, Block block, bool bytes, int bits, Span<int> target)
    {
        int laneRows = bytes ? 4 : 2;
        int parts = bits > 0 ? 2 : 1;
        int at = 0;
        for (int kw = 0; kw < spec.KernelWidth; kw++)
        {
            for (int row = 0; row < spec.KernelHeight; row += laneRows)
            {
                for (int v = 0; v < block.Vectors; v++)
                {
                    for (int part = 0; part < parts; part++)
                    {
                        for (int lane = 0; lane < ColumnOrder.Lanes; lane++, at++)
                        {
                            int channel = block.ChannelAt((v * ColumnOrder.Lanes) + lane, bytes);
                            for (int kh = row; channel >= 0 && kh < Math.Min(row + laneRows, spec.KernelHeight); kh++)
                            {
                                int weight = spec.Weights[(((channel * spec.KernelHeight) + kh) * spec.KernelWidth) + kw];
                                int lower = bits > 0 ? StageBlocks.Lower(weight, bits) : weight;
                                int value = part == 0 ? lower : (weight - lower) >> bits;
                                target[at] |= bytes ? (byte)value << (8 * (kh - row)) : (ushort)value << (16 * (kh - row));
                            }
                        }
                    }
                }
            }
        }
    }

    /// <summary>Computes rows [first, end) of all images in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Run(byte* x, byte* y, int first, int end)
    {
        nint pixel = (nint)Spec.Channels * _size;
        nint line = Spec.Width * pixel;
        int patchElements = Spec.KernelHeight * Spec.KernelWidth * Spec.Channels;
        byte[] rented = ArrayPool<byte>.Shared.Rent((int)line + (patchElements * _size));
        byte** rows = stackalloc byte*[DepthwiseCode.MaxRows];
        fixed (byte* scratch = rented)
        {
            byte* patch = scratch + line;
            FillOutside(scratch, Spec.Width);
            nint outBytes = (nint)Spec.Channels * _stage.Form.ElementSize;
            for (int row = first; row < end; row++)
            {
                byte* image = x + (row / Spec.OutHeight * Spec.Height * line);
                byte* target = y + (row * Spec.OutWidth * outBytes);
                for (int kh = 0; kh < Spec.KernelHeight; kh++)
                {
                    int h = Spec.InputRow(row % Spec.OutHeight, kh);
                    rows[kh] = (uint)h < (uint)Spec.Height ? image + (h * line) : scratch;
                }

                for (int ow = 0; ow < Spec.OutWidth; ow++)
                {
                    if (ow == _firstInside && _endInside > _firstInside)
                    {
                        Call(rows, ((_firstInside * Spec.StrideW) - Spec.PadLeft) * pixel, Spec.DilationW * pixel, _endInside - _firstInside, target + (ow * outBytes));
                        ow = _endInside - 1;
                        continue;
                    }

                    Edge(rows, ow, patch, target + (ow * outBytes));
                }
            }
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>One output, from a copy of what is under its kernel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Edge(byte** rows, int ow, byte* patch, byte* y)
    {
        nint pixel = (nint)Spec.Channels * _size;
        byte** copies = stackalloc byte*[DepthwiseCode.MaxRows];
        for (int kh = 0; kh < Spec.KernelHeight; kh++)
        {
            copies[kh] = patch;
            for (int kw = 0; kw < Spec.KernelWidth; kw++, patch += pixel)
            {
                int w = Spec.InputColumn(ow, kw);
                if ((uint)w < (uint)Spec.Width)
                {
                    Buffer.MemoryCopy(rows[kh] + (w * pixel), patch, pixel, pixel);
                }
                else
                {
                    FillOutside(patch, 1);
                }
            }
        }

        Call(copies, 0, pixel, 1, y);
    }

    /// <summary>Outputs side by side, all of whose columns are there.</summary>
    /// <param name="start">Bytes from the start of the rows to the first column.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Call(byte** rows, nint start, nint columnBytes, int count, byte* y)
    {
        var arguments = new DepthwiseArguments
        {
            ColumnBytes = columnBytes,
            StrideBytes = (nint)Spec.StrideW * Spec.Channels * _size,
            Limits = _stage.Limits,
            PixelBytes = (nint)Spec.Channels * _stage.Form.ElementSize,
            Count = count,
        };
        byte** starts = &arguments.Row0;
        for (int b = 0; b < _blocks.Length; b++)
        {
            Block block = _blocks[b];
            nint at = start + (block.Channel * _size);
            for (int kh = 0; kh < Spec.KernelHeight; kh++)
            {
                starts[kh] = rows[kh] + at;
            }

            arguments.Weights = _weights.Pointer + block.Offset;
            arguments.Stage = _stage[block.First];
            arguments.Y = y + (block.Channel * _stage.Form.ElementSize);
            arguments.LoadMask = block.Mask;
            arguments.StoreMask = block.Mask;
            ((delegate* unmanaged[SuppressGCTransition]<DepthwiseArguments*, void>)Function(b))(&arguments);
        }
    }

    private nint Function(int index)
    {
        ref nint function = ref _functions[index];
        if (function == 0)
        {
            Block block = _blocks[index];
            int stride = Spec.DilationW == 1 ? Spec.StrideW : 0;
            bool masked = block.Count < block.Vectors * ColumnOrder.Lanes;
            function = new DepthwiseCode(_size == sizeof(byte), block.Vectors, Spec.KernelHeight, Spec.KernelWidth, stride, _stage.Form, masked).Function();
        }

        return function;
    }

    private void FillOutside(byte* target, int pixels)
    {
        for (int i = 0; i < pixels; i++)
        {
            _outside.CopyTo(new Span<byte>(target + ((nint)i * _outside.Length), _outside.Length));
        }
    }

    /// <summary>Channels that one function works on.</summary>
    /// <param name="Offset">Where its weights start, in INT32.</param>
    /// <param name="Weights">INT32 of its weights.</param>
    /// <param name="First">Its first block of the output stage.</param>
    private readonly record struct Block(int Channel, int Count, int Vectors, int Offset, int Weights, int First)
    {
        /// <summary>A bit for each channel: a block has one group of vectors.</summary>
        public ulong Mask => Count >= 64 ? ulong.MaxValue : (1UL << Count) - 1;

        /// <summary>The channel of a lane of the block's vectors; −1 for none.</summary>
        public int ChannelAt(int lane, bool fours)
        {
            int column = ColumnOrder.Column(Vectors, fours, lane / ColumnOrder.Lanes, lane % ColumnOrder.Lanes);
            return column < Count ? Channel + column : -1;
        }
    }
}
