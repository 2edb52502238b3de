using System.Buffers;
using System.Runtime.CompilerServices;
using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>
/// A convolution of each channel by itself, vectorised over the channels: for a pixel, the taps are pointers into the image, or to a
/// pixel that stands for what is outside of it. Weights stand in the lower half of INT32 lanes, so that one multiplication of INT16 pairs serves.
/// Where sums may not fit INT32 the weights are split as in <see cref="PanelLayout"/>.
/// </summary>
internal sealed unsafe class DepthwiseConvolution<TVector, TForm> : Convolution
    where TVector : unmanaged
    where TForm : struct, IVectorForm<TVector>
{
    /// <summary>Sums of neighbouring pixels that go through the output stage together.</summary>
    private const int BlockSums = 4096;

    private static readonly Action<(DepthwiseConvolution<TVector, TForm> Self, nint X, nint Y), int, int> Body =
        static (s, first, end) => s.Self.Run((byte*)s.X, (byte*)s.Y, first, end);

    private readonly PinnedArray<int> _weights;
    private readonly VectorStage _stage;
    private readonly bool _split;
    private readonly int _taps;
    private readonly int _size;
    private readonly byte[] _outside;

    public DepthwiseConvolution(ConvolutionSpec spec, ConvolutionBounds bounds)
        : base(spec with { Weights = [] })
    {
        _taps = spec.KernelHeight * spec.KernelWidth;
        _size = spec.InputType == DataType.UInt8 ? sizeof(byte) : sizeof(short);
        _outside = spec.Outside(_size == sizeof(byte));
        _split = !bounds.FitsInt32;
        _stage = new VectorStage(spec.Output with { Bias = bounds.Bias }, bounds.Sums);
        int half = _taps * spec.Channels;
        _weights = new PinnedArray<int>(_split ? 2 * half : half);
        for (int i = 0; i < half; i++)
        {
            short weight = spec.Weights[(i % spec.Channels * _taps) + (i / spec.Channels)];
            _weights.Span[i] = (ushort)(_split ? (sbyte)weight : weight);
            if (_split)
            {
                _weights.Span[half + i] = (ushort)((weight - (sbyte)weight) >> 8);
            }
        }
    }

    /// <summary>True where this kernel can do a convolution.</summary>
    public static bool Serves(ConvolutionSpec spec, ConvolutionBounds bounds) =>
        spec.IsDepthwise && spec.Channels >= TForm.Count && spec.KernelHeight * spec.KernelWidth <= bounds.SplitElements;

    public override void Run(ReadOnlySpan<byte> x, Span<byte> y, int threads)
    {
        fixed (byte* px = x, py = y)
        {
            Workers.Run(Spec.Batch * Spec.OutHeight, threads, (this, (nint)px, (nint)py), Body);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Computes rows [first, end) of all images in order.</summary>
    private void Run(byte* x, byte* y, int first, int end)
    {
        int channels = Spec.Channels;
        int stride = channels + TForm.Count;
        int block = _split ? 1 : Math.Clamp(BlockSums / stride, 1, Spec.OutWidth);
        byte[] rented = ArrayPool<byte>.Shared.Rent((stride * (sizeof(long) + (block * sizeof(int)))) + (channels * sizeof(short)));
        byte** taps = stackalloc byte*[_taps];
        nint* steps = stackalloc nint[_taps];
        fixed (byte* scratch = rented)
        {
            long* wide = (long*)scratch;
            int* sums = (int*)(wide + stride);
            byte* outside = (byte*)(sums + (block * stride));
            _outside.CopyTo(new Span<byte>(outside, _outside.Length));
            nint pixelBytes = (nint)channels * _stage.ElementSize;
            for (int row = first; row < end; row++)
            {
                byte* image = x + ((long)(row / Spec.OutHeight) * Spec.Height * Spec.Width * channels * _size);
                for (int ow = 0; ow < Spec.OutWidth; ow += block)
                {
                    int count = Math.Min(block, Spec.OutWidth - ow);
                    byte* target = y + ((((long)row * Spec.OutWidth) + ow) * pixelBytes);
                    for (int i = 0; i < count; i++)
                    {
                        if (HasAllColumns(ow + i) && i > 0 && HasAllColumns(ow + i - 1))
                        {
                            for (int t = 0; t < _taps; t++)
                            {
                                taps[t] += steps[t];
                            }
                        }
                        else
                        {
                            Aim(taps, steps, image, row % Spec.OutHeight, ow + i, outside);
                        }

                        Sum(taps, _weights.Pointer, sums + (i * stride));
                        if (_split)
                        {
                            Widen(taps, wide, sums);
                            _stage.Write<TVector, TForm>(wide, 0, channels, target + (i * pixelBytes));
                        }
                    }

                    if (!_split)
                    {
                        _stage.Write<TVector, TForm>(sums, stride, count, 0, channels, target, pixelBytes);
                    }
                }
            }
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>Points the taps at a pixel's elements; steps is how far each goes to the next pixel, while that is inside of the columns too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Aim(byte** taps, nint* steps, byte* image, int oh, int ow, byte* outside)
    {
        nint pixelBytes = (nint)Spec.Channels * _size;
        for (int kh = 0; kh < Spec.KernelHeight; kh++)
        {
            int h = Spec.InputRow(oh, kh);
            bool inside = (uint)h < (uint)Spec.Height;
            for (int kw = 0; kw < Spec.KernelWidth; kw++)
            {
                int w = Spec.InputColumn(ow, kw);
                bool exists = inside && (uint)w < (uint)Spec.Width;
                *taps++ = exists ? image + ((((nint)h * Spec.Width) + w) * pixelBytes) : outside;
                *steps++ = exists ? Spec.StrideW * pixelBytes : 0;
            }
        }
    }

    private bool HasAllColumns(int ow) => Spec.InputColumn(ow, 0) >= 0 && Spec.InputColumn(ow, Spec.KernelWidth - 1) < Spec.Width;

    /// <summary>Puts the sums of the lower halves of the weights, which are there, and of the upper ones together.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Widen(byte** taps, long* wide, int* sums)
    {
        int channels = Spec.Channels;
        for (int c = 0; c < channels; c++)
        {
            wide[c] = sums[c];
        }

        Sum(taps, _weights.Pointer + (_taps * channels), sums);
        for (int c = 0; c < channels; c++)
        {
            wide[c] += (long)sums[c] << 8;
        }
    }

    /// <summary>The last vector overlaps the one before, so that nothing beyond a pixel is read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sum(byte** taps, int* weights, int* sums)
    {
        int last = Spec.Channels - TForm.Count;
        bool bytes = _size == sizeof(byte);
        int c = 0;
        for (; c <= last - TForm.Count; c += 2 * TForm.Count)
        {
            Two(taps, weights + c, c, bytes, sums + c);
        }

        for (; c < Spec.Channels; c += TForm.Count)
        {
            int start = Math.Min(c, last);
            One(taps, weights + start, start, bytes, sums + start);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Two(byte** taps, int* weights, int c, bool bytes, int* sums)
    {
        TVector left = TForm.All(0);
        TVector right = left;
        for (int t = 0; t < _taps; t++)
        {
            byte* pixel = taps[t];
            left = TForm.MultiplyAdd(left, bytes ? TForm.Widen(pixel + c) : TForm.Widen((short*)pixel + c), TForm.Load(weights));
            right = TForm.MultiplyAdd(
                right,
                bytes ? TForm.Widen(pixel + c + TForm.Count) : TForm.Widen((short*)pixel + c + TForm.Count),
                TForm.Load(weights + TForm.Count));
            weights += Spec.Channels;
        }

        TForm.Store(left, sums);
        TForm.Store(right, sums + TForm.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void One(byte** taps, int* weights, int c, bool bytes, int* sums)
    {
        TVector sum = TForm.All(0);
        for (int t = 0; t < _taps; t++)
        {
            sum = TForm.MultiplyAdd(sum, bytes ? TForm.Widen(taps[t] + c) : TForm.Widen((short*)taps[t] + c), TForm.Load(weights));
            weights += Spec.Channels;
        }

        TForm.Store(sum, sums);
    }
}
