using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>The weights of a product, packed for <see cref="TileCode"/>, with their output stage.</summary>
internal sealed unsafe class MachinePanels
{
    private const int Lanes = ColumnOrder.Lanes;

    /// <summary>The tallest tile.</summary>
    private const int Heights = 12;

    private readonly PinnedArray<int> _columns;
    private readonly StageBlocks _stage;

    /// <summary>For each panel and height of a tile, the function, once it has been asked for.</summary>
    private readonly nint[] _functions;

    private MachinePanels(ProductKind kind, MachinePanel[] panels, int steps, PinnedArray<int> columns, StageBlocks stage)
    {
        (Kind, Panels, Steps, _columns, _stage) = (kind, panels, steps, columns, stage);
        _functions = new nint[panels.Length * (Heights + 1)];
    }

    public ProductKind Kind { get; }

    public MachinePanel[] Panels { get; }

    /// <summary>Steps of 4 bytes along K.</summary>
    public int Steps { get; }

    public int ElementSize => _stage.Form.ElementSize;

    /// <summary>The panels, or null where machine code cannot do the convolution exactly in its registers.</summary>
    public static MachinePanels? TryCreate(ConvolutionSpec spec, ConvolutionBounds bounds)
    {
        ProductKind kind = bounds switch
        {
            { FitsInt32: true, FitsBytes: true } => ProductKind.Bytes,
            { FitsInt32: true } when spec.InputType == DataType.Int16 => ProductKind.Shorts,
            _ => ProductKind.Split,
        };
        int k = spec.Weights.Length / spec.OutChannels;
        int bits = kind == ProductKind.Split ? SplitBits(spec, bounds, k) : 0;
        if (bits < 0)
        {
            return null;
        }

        int steps = kind == ProductKind.Bytes ? (k + 3) / 4 : (k + 1) / 2;
        bool toBytes = spec.Output.Type == DataType.UInt8;
        MachinePanel[] panels = Layout(kind, spec.Groups, spec.OutChannels / spec.Groups, steps, toBytes);
        int[] channels = Channels(panels, spec.OutChannels / spec.Groups, toBytes);
        StageBlocks? stage = StageBlocks.TryCreate(spec.Output with { Bias = bounds.Bias }, bounds.Sums, bits, channels);
        if (stage is null)
        {
            return null;
        }

        int parts = kind == ProductKind.Split ? 2 : 1;
        var columns = new PinnedArray<int>(channels.Length * parts * steps);
        foreach (MachinePanel panel in panels)
        {
            Span<int> target = columns.Span.Slice(panel.Offset, panel.Vectors * Lanes * parts * steps);
            for (int i = 0; i < panel.Vectors * Lanes; i++)
            {
                int channel = channels[(panel.Block * Lanes) + i];
                if (channel >= 0)
                {
                    Pack(spec.Weights.AsSpan(channel * k, k), kind, bits, target[((i / Lanes * parts * Lanes) + (i % Lanes))..], panel.Vectors * parts * Lanes);
                }
            }
        }

        return new MachinePanels(kind, panels, steps, columns, stage);
    }

    /// <summary>Computes rows of a panel.</summary>
    /// <param name="index">The panel.</param>
    /// <param name="a">The first row of the panel's group.</param>
    /// <param name="y">The panel's first element in the first row of the output.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int index, byte* a, nint stride, int rows, byte* y, nint rowBytes)
    {
        MachinePanel panel = Panels[index];
        int tiles = (rows + TileCode.MaxRows(Kind, panel.Vectors) - 1) / TileCode.MaxRows(Kind, panel.Vectors);
        int height = rows / tiles;
        int taller = rows - (height * tiles);
        var arguments = new TileArguments
        {
            A = a,
            Stride = stride,
            Columns = _columns.Pointer + panel.Offset,
            Steps = Steps,
            Stage = _stage[panel.Block],
            Limits = _stage.Limits,
            Y = y,
            RowBytes = rowBytes,
            Mask = panel.Mask,
        };

        // Tiles of two heights that differ by 1, so that none is low.
        if (taller > 0)
        {
            arguments.Tiles = taller;
            Call(index, height + 1, &arguments);
            arguments.A += taller * (height + 1) * stride;
            arguments.Y += taller * (height + 1) * rowBytes;
        }

        if (tiles > taller)
        {
            arguments.Tiles = tiles - taller;
            Call(index, height, &arguments);
        }
    }

    /// <summary>True where both parts' sums, with their share of the bias, fit INT32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool SplitFits(ReadOnlySpan<short> weights, long bias, long magnitude, int bits)
    {
        long lower = 0;
        long upper = 0;
        foreach (short weight in weights)
        {
            int low = StageBlocks.Lower(weight, bits);
            lower += Math.Abs(low);
            upper += Math.Abs((weight - low) >> bits);
        }

        int biasLow = StageBlocks.Lower(bias, bits);
        return (lower * magnitude) + Math.Abs(biasLow) <= int.MaxValue && (upper * magnitude) + Math.Abs((bias - biasLow) >> bits) <= int.MaxValue;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Call(int index, int height, TileArguments* arguments)
    {
        ref nint function = ref _functions[(index * (Heights + 1)) + height];
        if (function == 0)
        {
            MachinePanel panel = Panels[index];
            function = new TileCode(Kind, panel.Vectors, height, _stage.Form, panel.Count < panel.Vectors * Lanes).Function();
        }

        ((delegate* unmanaged[SuppressGCTransition]<TileArguments*, void>)function)(arguments);
    }

    /// <summary>Bits of the lower parts of the weights with which the sums of both parts fit INT32 in every channel; −1 where none do.</summary>
    private static int SplitBits(ConvolutionSpec spec, ConvolutionBounds bounds, int k)
    {
        foreach (int bits in new[] { 8, 7, 9, 6, 10 })
        {
            if (Enumerable.Range(0, spec.OutChannels).All(o => SplitFits(spec.Weights.AsSpan(o * k, k), bounds.Bias[o], ConvolutionBounds.Magnitude(spec.InputType), bits)))
            {
                return bits;
            }
        }

        return -1;
    }

    /// <summary>As many wide panels as there are; what is left is no single vector, if that can be.</summary>
    private static MachinePanel[] Layout(ProductKind kind, int groups, int columns, int steps, bool toBytes)
    {
        int most = TileCode.MaxVectors(kind);
        int parts = kind == ProductKind.Split ? 2 : 1;
        var panels = new List<MachinePanel>();
        int block = 0;
        for (int group = 0; group < groups; group++)
        {
            for (int column = 0; column < columns;)
            {
                int left = (columns - column + Lanes - 1) / Lanes;
                int vectors = left == most + 1 && most > 2 ? most - 1 : Math.Min(left, most);
                int count = Math.Min(columns - column, vectors * Lanes);
                int last = count - ((vectors - ColumnOrder.Groups(vectors, toBytes)[^1]) * Lanes);
                panels.Add(new MachinePanel(group, column, count, vectors, block * Lanes * parts * steps, block, last >= 64 ? ulong.MaxValue : (1UL << last) - 1));
                column += vectors * Lanes;
                block += vectors;
            }
        }

        return [.. panels];
    }

    private static int[] Channels(MachinePanel[] panels, int groupOutputs, bool toBytes)
    {
        int[] channels = new int[panels.Sum(p => p.Vectors) * Lanes];
        foreach (MachinePanel panel in panels)
        {
            for (int i = 0; i < panel.Vectors * Lanes; i++)
            {
                int column = ColumnOrder.Column(panel.Vectors, toBytes, i / Lanes, i % Lanes);
                channels[(panel.Block * Lanes) + i] = column < panel.Count ? (panel.Group * groupOutputs) + panel.Column + column : -1;
            }
        }

        return channels;
    }

    /// <summary>Packs one column; the parts of a split one stand in neighbouring vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pack(ReadOnlySpan<short> weights, ProductKind kind, int bits, Span<int> target, int step)
    {
        int at = 0;
        if (kind == ProductKind.Bytes)
        {
            int k = 0;
            for (; k <= weights.Length - 8; k += 8, at += 2 * step)
            {
                Vector128<int> words = Vector128.Narrow(Vector128.Create(weights[k..]), default).AsInt32();
                target[at] = words[0];
                target[at + step] = words[1];
            }

            for (; k < weights.Length; k += 4, at += step)
            {
                int word = (byte)weights[k];
                for (int e = 1; e < Math.Min(4, weights.Length - k); e++)
                {
                    word |= (byte)weights[k + e] << (8 * e);
                }

                target[at] = word;
            }

            return;
        }

        for (int k = 0; k < weights.Length; k += 2, at += step)
        {
            int first = weights[k];
            int second = k + 1 < weights.Length ? weights[k + 1] : 0;
            if (kind == ProductKind.Split)
            {
                (int low, int next) = (StageBlocks.Lower(first, bits), StageBlocks.Lower(second, bits));
                target[at + Lanes] = Word((first - low) >> bits, (second - next) >> bits);
                (first, second) = (low, next);
            }

            target[at] = Word(first, second);
        }
    }

    private static int Word(int first, int second) => (ushort)first | (second << 16);
}
