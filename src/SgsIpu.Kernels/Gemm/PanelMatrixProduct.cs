using System.Buffers;
using System.Numerics;
using System.Runtime.Intrinsics;
using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>
/// A matrix product whose sides are packed in each run: the left less its zero point, in INT16; the right split where its values do not
/// prove that the sums fit INT32.
/// </summary>
internal sealed unsafe class PanelMatrixProduct<TVector, TForm, TKernel> : MatrixProduct
    where TVector : unmanaged
    where TForm : struct, IVectorForm<TVector>
    where TKernel : struct, ITileKernel
{
    /// <summary>Rows of the left side that are packed at a time; whole tiles.</summary>
    private const int BlockRows = 32;

    private static readonly Action<Matrices, int, int> Body = static (m, first, end) => m.Self.Rows(m, first, end);

    private readonly TKernel _kernel;
    private readonly PanelLayout _split;
    private readonly PanelLayout _whole;
    private readonly int _blockSteps;
    private readonly VectorStage _stage;

    /// <param name="kernel">Of INT16 pairs.</param>
    public PanelMatrixProduct(MatrixProductSpec spec, TKernel kernel)
        : base(spec)
    {
        _kernel = kernel;
        int stepElements = TKernel.StepElements;
        _split = new PanelLayout(spec.N, spec.K, TForm.Count, stepElements, Split: true);
        _whole = _split with { Split = false };
        _blockSteps = ConvolutionBounds.Split(spec.TypeA) / stepElements;
        long[] bounds = new long[spec.N];
        bounds.AsSpan().Fill(Magnitude * spec.K * (1L << 15));
        _stage = new VectorStage(spec.Output, bounds);
    }

    private long Magnitude => ConvolutionBounds.Magnitude(Spec.TypeA);

    /// <summary>True where this kernel can do a product: the left side less its zero point stays INT16.</summary>
    public static bool Serves(MatrixProductSpec spec) => spec.TypeA == DataType.UInt8 || spec.ZeroPointA == 0;

    public override void Run(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, Span<byte> y, int threads)
    {
        int[] rented = ArrayPool<int>.Shared.Rent(_split.Length);
        fixed (byte* pa = a, pb = b, py = y)
        fixed (int* columns = rented)
        {
            int sizeA = Spec.TypeA == DataType.UInt8 ? sizeof(byte) : sizeof(short);
            PanelLayout layout = _split;
            int packed = -1;
            for (int i = 0; i < Spec.Pairs.Length; i++)
            {
                (int left, int right) = Spec.Pairs[i];
                if (right != packed)
                {
                    layout = Pack((short*)pb + ((long)right * Spec.K * Spec.N), columns);
                    packed = right;
                }

                byte* matrixA = pa + ((long)left * Spec.M * Spec.K * sizeA);
                byte* matrixY = py + ((long)i * Spec.M * Spec.N * _stage.ElementSize);
                Workers.Run(Spec.M, threads, new Matrices(this, (nint)matrixA, (nint)columns, layout, (nint)matrixY), Body);
            }
        }

        ArrayPool<int>.Shared.Return(rented);
    }

    private PanelLayout Pack(short* b, int* columns)
    {
        int largest = Largest(new ReadOnlySpan<short>(b, Spec.K * Spec.N));
        PanelLayout layout = Magnitude * Spec.K * largest <= int.MaxValue ? _whole : _split;

        // Columns beyond the last are computed too, though not written.
        new Span<int>(columns, layout.Length).Clear();
        if (Spec.TransposeB)
        {
            PanelPacker.PackColumns(b, layout, columns);
        }
        else
        {
            PanelPacker.PackRows(b, layout, columns);
        }

        return layout;
    }

    /// <summary>The largest magnitude, at least.</summary>
    private static int Largest(ReadOnlySpan<short> values)
    {
        Vector<short> min = Vector<short>.Zero;
        Vector<short> max = Vector<short>.Zero;
        int i = 0;
        for (; i <= values.Length - Vector<short>.Count; i += Vector<short>.Count)
        {
            var part = new Vector<short>(values[i..]);
            min = Vector.Min(min, part);
            max = Vector.Max(max, part);
        }

        int largest = 0;
        for (int lane = 0; lane < Vector<short>.Count; lane++)
        {
            largest = Math.Max(largest, Math.Max(max[lane], -min[lane]));
        }

        foreach (short value in values[i..])
        {
            largest = Math.Max(largest, Math.Abs((int)value));
        }

        return largest;
    }

    private void Rows(Matrices m, int first, int end)
    {
        int rowBytes = m.Layout.RowBytes;
        byte[] rented = ArrayPool<byte>.Shared.Rent(BlockRows * rowBytes);
        fixed (byte* scratch = rented)
        {
            new Span<byte>(scratch, BlockRows * rowBytes).Clear();
            for (int row = first; row < end; row += BlockRows)
            {
                int count = Math.Min(BlockRows, end - row);
                for (int r = 0; r < count; r++)
                {
                    PackRow((byte*)m.A, row + r, new Span<short>(scratch + (r * rowBytes), Spec.K));
                }

                nint outBytes = (nint)Spec.N * _stage.ElementSize;
                PanelProduct.Run<TVector, TForm, TKernel>(
                    _kernel, scratch, rowBytes, count, (int*)m.Columns, m.Layout, m.Layout.Split ? _blockSteps : m.Layout.Steps, _stage, 0, (byte*)m.Y + (row * outBytes), outBytes);
            }
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    private void PackRow(byte* a, int row, Span<short> target)
    {
        (long start, int step) = Spec.TransposeA ? (row, Spec.M) : ((long)row * Spec.K, 1);
        if (Spec.TypeA == DataType.Int16)
        {
            short* source = (short*)a + start;
            if (step == 1)
            {
                new ReadOnlySpan<short>(source, target.Length).CopyTo(target);
                return;
            }

            for (int k = 0; k < target.Length; k++)
            {
                target[k] = source[(long)k * step];
            }

            return;
        }

        byte* bytes = a + start;
        int i = 0;
        if (step == 1)
        {
            Vector128<ushort> zero = Vector128.Create((ushort)Spec.ZeroPointA);
            for (; i <= target.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
            {
                (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.Load(bytes + i));
                (low - zero).AsInt16().CopyTo(target[i..]);
                (high - zero).AsInt16().CopyTo(target[(i + Vector128<ushort>.Count)..]);
            }
        }

        for (; i < target.Length; i++)
        {
            target[i] = (short)(bytes[(long)i * step] - Spec.ZeroPointA);
        }
    }

    private readonly record struct Matrices(PanelMatrixProduct<TVector, TForm, TKernel> Self, nint A, nint Columns, PanelLayout Layout, nint Y);
}
