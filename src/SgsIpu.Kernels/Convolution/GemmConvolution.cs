using System.Buffers;
using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>A convolution as a matrix product over blocks of pixels.</summary>
internal sealed unsafe class GemmConvolution<TVector, TForm, TKernel> : Convolution
    where TVector : unmanaged
    where TForm : struct, IVectorForm<TVector>
    where TKernel : struct, ITileKernel
{
    /// <summary>Packed rows of a block stay in the second-level cache beside a panel.</summary>
    private const int BlockBytes = 64 * 1024;

    private const int MaxBlockRows = 64;

    private static readonly Action<(GemmConvolution<TVector, TForm, TKernel> Self, nint X, nint Y), int, int> Body =
        static (s, first, end) => s.Self.Run((byte*)s.X, (byte*)s.Y, first, end);

    private readonly TKernel _kernel;
    private readonly PanelLayout _layout;
    private readonly PinnedArray<int> _columns;
    private readonly VectorStage _stage;
    private readonly PixelPacker<TVector, TForm> _packer;
    private readonly int _blockSteps;
    private readonly int _blockRows;
    private readonly int _groupOutputs;
    private readonly bool _direct;

    public GemmConvolution(ConvolutionSpec spec, ConvolutionBounds bounds, TKernel kernel)
        : base(spec with { Weights = [] })
    {
        _kernel = kernel;
        _groupOutputs = spec.OutChannels / spec.Groups;
        int k = spec.KernelHeight * spec.KernelWidth * spec.GroupChannels;
        _layout = new PanelLayout(_groupOutputs, k, TForm.Count, TKernel.StepElements, !bounds.FitsInt32);
        _blockSteps = _layout.Split ? bounds.SplitElements / TKernel.StepElements : _layout.Steps;
        _columns = new PinnedArray<int>(_layout.Length * spec.Groups);
        for (int g = 0; g < spec.Groups; g++)
        {
            _layout.Pack(spec.Weights.AsSpan(g * _groupOutputs * k, _groupOutputs * k), k, 1, _columns.Span.Slice(g * _layout.Length, _layout.Length));
        }

        _stage = new VectorStage(spec.Output with { Bias = bounds.Bias }, bounds.Sums);
        bool bytes = TKernel.StepElements == 4;
        _packer = new PixelPacker<TVector, TForm>(Spec, bytes, _layout.RowBytes);
        _blockRows = Math.Clamp(BlockBytes / _layout.RowBytes / TKernel.Rows * TKernel.Rows, TKernel.Rows, MaxBlockRows);
        _direct = spec.IsPointwise && bytes == (spec.InputType == DataType.UInt8) && spec.GroupChannels % TKernel.StepElements == 0;
    }

    public override void Run(ReadOnlySpan<byte> x, Span<byte> y, int threads)
    {
        fixed (byte* px = x, py = y)
        {
            Workers.Run(Spec.Batch * Spec.OutHeight * Spec.OutWidth, threads, (this, (nint)px, (nint)py), Body);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Computes pixels [first, end).</summary>
    private void Run(byte* x, byte* y, int first, int end)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(_blockRows * _layout.RowBytes);
        fixed (byte* scratch = rented)
        {
            for (int pixel = first; pixel < end; pixel += _blockRows)
            {
                int rows = Math.Min(_blockRows, end - pixel);
                for (int g = 0; g < Spec.Groups; g++)
                {
                    Block(x, y, pixel, rows, g, scratch);
                }
            }
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    private void Block(byte* x, byte* y, int pixel, int rows, int group, byte* scratch)
    {
        int channel = group * _groupOutputs;
        int* columns = _columns.Pointer + (group * _layout.Length);
        nint rowBytes = (nint)Spec.OutChannels * _stage.ElementSize;
        byte* target = y + (pixel * rowBytes) + (channel * _stage.ElementSize);
        byte* source = scratch;
        nint stride = _layout.RowBytes;

        // A tile reads all of its rows: the last block is packed where that would be beyond the input.
        if (_direct && rows % TKernel.Rows == 0)
        {
            int size = TKernel.StepElements == 4 ? sizeof(byte) : sizeof(short);
            stride = (nint)Spec.Channels * size;
            source = x + (pixel * stride) + (group * Spec.GroupChannels * size);
        }
        else
        {
            _packer.Pack(x, pixel, rows, group, scratch);
        }

        PanelProduct.Run<TVector, TForm, TKernel>(_kernel, source, stride, rows, columns, _layout, _blockSteps, _stage, channel, target, rowBytes);
    }
}
