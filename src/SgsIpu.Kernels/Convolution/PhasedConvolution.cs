using System.Buffers;
using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>
/// A transposed convolution as ordinary ones: output rows (and columns) that are equal modulo the stride see the same elements of the kernel,
/// so that each such phase is a convolution of stride 1 with those.
/// </summary>
internal sealed class PhasedConvolution : Convolution
{
    private readonly ImmutableArray<Phase> _phases;

    public PhasedConvolution(ConvolutionSpec spec, KernelForm form)
        : base(spec with { Weights = [] })
    {
        ImmutableArray<Axis> rows = Axis.Of(spec.OutHeight, spec.KernelHeight, spec.StrideH, spec.PadTop, spec.DilationH);
        ImmutableArray<Axis> columns = Axis.Of(spec.OutWidth, spec.KernelWidth, spec.StrideW, spec.PadLeft, spec.DilationW);
        _phases = [.. rows.SelectMany(row => columns.Select(column => new Phase(row, column, Create(Ordinary(spec, row, column), form))))];
    }

    public override void Run(ReadOnlySpan<byte> x, Span<byte> y, int threads)
    {
        if (_phases.Length == 1)
        {
            _phases[0].Convolution.Run(x, y, threads);
            return;
        }

        int pixelBytes = Spec.OutChannels * (Spec.Output.Type == DataType.UInt8 ? sizeof(byte) : sizeof(short));
        byte[] rented = ArrayPool<byte>.Shared.Rent(_phases.Max(static p => p.Row.Count * p.Column.Count) * Spec.Batch * pixelBytes);
        foreach (Phase phase in _phases)
        {
            Span<byte> part = rented.AsSpan(0, Spec.Batch * phase.Row.Count * phase.Column.Count * pixelBytes);
            phase.Convolution.Run(x, part, threads);
            for (int row = 0; row < Spec.Batch * phase.Row.Count; row++)
            {
                int oh = phase.Row.First + (row % phase.Row.Count * Spec.StrideH);
                int target = ((((row / phase.Row.Count * Spec.OutHeight) + oh) * Spec.OutWidth) + phase.Column.First) * pixelBytes;
                for (int column = 0; column < phase.Column.Count; column++)
                {
                    part[..pixelBytes].CopyTo(y[target..]);
                    part = part[pixelBytes..];
                    target += Spec.StrideW * pixelBytes;
                }
            }
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    private static ConvolutionSpec Ordinary(ConvolutionSpec spec, Axis row, Axis column)
    {
        int channels = spec.GroupChannels;
        short[] weights = new short[spec.OutChannels * row.Size * column.Size * channels];
        Span<short> target = weights;
        for (int o = 0; o < spec.OutChannels; o++)
        {
            for (int kh = 0; kh < row.Size; kh++)
            {
                for (int kw = 0; kw < column.Size; kw++)
                {
                    if (row.Taps.Length > 0 && column.Taps.Length > 0)
                    {
                        int source = (((o * spec.KernelHeight) + row.Taps[kh]) * spec.KernelWidth) + column.Taps[kw];
                        spec.Weights.AsSpan(source * channels, channels).CopyTo(target);
                    }

                    target = target[channels..];
                }
            }
        }

        return spec with
        {
            Transposed = false,
            Weights = weights,
            OutHeight = row.Count,
            OutWidth = column.Count,
            KernelHeight = row.Size,
            KernelWidth = column.Size,
            StrideH = 1,
            StrideW = 1,
            PadTop = row.Pad,
            PadLeft = column.Pad,
            DilationH = row.Dilation,
            DilationW = column.Dilation,
        };
    }

    private sealed record Phase(Axis Row, Axis Column, Convolution Convolution);

    /// <summary>Outputs First, First + stride, … along an axis, and the elements of the kernel under them, by ascending input.</summary>
    private sealed record Axis(int First, int Count, ImmutableArray<int> Taps, int Pad, int Dilation)
    {
        /// <summary>Where no element is under the outputs, one of weight 0 stands for them.</summary>
        public int Size => Math.Max(1, Taps.Length);

        public static ImmutableArray<Axis> Of(int outputs, int kernel, int stride, int pad, int dilation)
        {
            ImmutableArray<Axis>.Builder axes = ImmutableArray.CreateBuilder<Axis>();
            for (int first = 0; first < Math.Min(stride, outputs); first++)
            {
                // Output first + j · stride has element k over input j + (first + pad − k · dilation) / stride.
                ImmutableArray<int> taps = [.. Enumerable.Range(0, kernel).Reverse().Where(k => (first + pad - (k * dilation)) % stride == 0)];
                int Offset(int tap) => (first + pad - (taps[tap] * dilation)) / stride;
                axes.Add(new Axis(
                    first,
                    (outputs - first + stride - 1) / stride,
                    taps,
                    taps.Length > 0 ? -Offset(0) : 0,
                    taps.Length > 1 ? Offset(1) - Offset(0) : 1));
            }

            return axes.ToImmutable();
        }
    }
}
