using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>
/// A convolution as a matrix product in machine code. The pixels of a pointwise one are read where they are; those of others are laid
/// out in rows, a block at a time that stays in the second-level cache.
/// </summary>
internal sealed unsafe class MachineConvolution : Convolution
{
    private const int DirectBytes = 256 * 1024;
    private const int PackedBytes = 96 * 1024;

    /// <summary>Pixels from which on a thread's parts are as high as the tallest tile.</summary>
    private const int PixelsPerThread = 36;

    private static readonly Action<(MachineConvolution Self, nint X, nint Y), int, int> Direct = static (s, first, end) => s.Self.RunDirect((byte*)s.X, (byte*)s.Y, first, end);
    private static readonly Action<(MachineConvolution Self, nint X, nint Y), int, int> Packed = static (s, first, end) => s.Self.RunPacked((byte*)s.X, (byte*)s.Y, first, end);

    private readonly MachinePanels _panels;
    private readonly PixelPacker<Vector512<int>, Vectors512> _packer;
    private readonly bool _direct;
    private readonly int _blockRows;

    private MachineConvolution(ConvolutionSpec spec, MachinePanels panels)
        : base(spec with { Weights = [] })
    {
        _panels = panels;
        int rowBytes = panels.Steps * sizeof(int);
        _packer = new PixelPacker<Vector512<int>, Vectors512>(Spec, panels.Kind == ProductKind.Bytes, rowBytes);
        _direct = spec.IsPointwise && spec.GroupChannels * InputSize == rowBytes;

        // Blocks of equal size.
        int pixels = spec.Batch * spec.OutHeight * spec.OutWidth;
        int most = Math.Max(12, (_direct ? DirectBytes : PackedBytes) / rowBytes);
        int blocks = Math.Max(1, (pixels + most - 1) / most);
        _blockRows = (pixels + blocks - 1) / blocks;
    }

    private int InputSize => Spec.InputType == DataType.UInt8 ? sizeof(byte) : sizeof(short);

    private int Pixels => Spec.Batch * Spec.OutHeight * Spec.OutWidth;

    private nint OutBytes => (nint)Spec.OutChannels * _panels.ElementSize;

    private int GroupOutputs => Spec.OutChannels / Spec.Groups;

    /// <summary>The convolution, or null where machine code cannot do it exactly in its registers.</summary>
    public static MachineConvolution? TryCreate(ConvolutionSpec spec, ConvolutionBounds bounds) =>
        MachinePanels.TryCreate(spec, bounds) is { } panels ? new MachineConvolution(spec, panels) : null;

    public override void Run(ReadOnlySpan<byte> x, Span<byte> y, int threads)
    {
        fixed (byte* px = x, py = y)
        {
            if (_direct && Pixels < threads * PixelsPerThread && _panels.Panels.Length >= threads)
            {
                // Too few pixels for tiles of full height: threads share the columns.
                Workers.Run(_panels.Panels.Length, threads, (this, (nint)px, (nint)py), Direct);
            }
            else
            {
                Workers.Run(Pixels, threads, (this, (nint)px, (nint)py), Packed);
            }
        }

        GC.KeepAlive(this);
    }

    /// <summary>Computes panels [first, end) of all pixels.</summary>
    private void RunDirect(byte* x, byte* y, int first, int end) => RunPanels(x, (nint)Spec.Channels * InputSize, Pixels, y, first, end);

    /// <summary>Computes pixels [first, end).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunPacked(byte* x, byte* y, int first, int end)
    {
        nint stride = _direct ? (nint)Spec.Channels * InputSize : _panels.Steps * sizeof(int);
        if (_direct)
        {
            for (int pixel = first; pixel < end; pixel += _blockRows)
            {
                RunPanels(x + (pixel * stride), stride, Math.Min(_blockRows, end - pixel), y + (pixel * OutBytes), 0, _panels.Panels.Length);
            }

            return;
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent((int)(_blockRows * stride) + 64);
        fixed (byte* scratch = rented)
        {
            byte* block = (byte*)(((nint)scratch + 63) & -64);
            for (int pixel = first; pixel < end; pixel += _blockRows)
            {
                int rows = Math.Min(_blockRows, end - pixel);
                for (int p = 0, group = -1; p < _panels.Panels.Length; p++)
                {
                    MachinePanel panel = _panels.Panels[p];
                    if (panel.Group != group)
                    {
                        group = panel.Group;
                        _packer.Pack(x, pixel, rows, group, block);
                    }

                    _panels.Run(p, block, stride, rows, Target(y, pixel, panel), OutBytes);
                }
            }
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    private void RunPanels(byte* rows, nint stride, int count, byte* y, int first, int end)
    {
        for (int p = first; p < end; p++)
        {
            MachinePanel panel = _panels.Panels[p];
            _panels.Run(p, rows + (panel.Group * Spec.GroupChannels * InputSize), stride, count, Target(y, 0, panel), OutBytes);
        }
    }

    private byte* Target(byte* y, int pixel, in MachinePanel panel) => y + (pixel * OutBytes) + (((panel.Group * GroupOutputs) + panel.Column) * _panels.ElementSize);
}
