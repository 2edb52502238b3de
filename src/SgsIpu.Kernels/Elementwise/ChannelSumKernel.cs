using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using SgsIpu.Core;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>
/// One tensor rescaled, or two of the same shape added, with factors by channel (last dimension) and integers only:
/// <c>clamp(floor((⌊a·2^14·A[c] / 2^32⌋ + ⌊b·2^14·B[c] / 2^32⌋) / 2^K[c] + 1/2) + zero[c])</c> with a and b around their zeros. The larger
/// multiplier of a channel has 31 bits; the inner floors move the result by less than 2^-12 of its unit while the factors are below 2.
/// </summary>
public sealed class ChannelSumKernel
{
    /// <summary>Larger factors count as this one: such a step of the input is a large part of the output's range.</summary>
    private const double LargestFactor = (1 << (Lift - 2)) - 0.5;

    /// <summary>Bits that operands of 17 are lifted by, so that the upper half of a product has bits to spare.</summary>
    private const int Lift = 14;

    /// <summary>Elements below which a second thread costs more than it gains.</summary>
    private const int LeastForThreads = 1 << 14;

    /// <summary>Elements in a row that one thread takes: no two threads write to one cache line.</summary>
    private const int Grain = 256;

    private const int MostLanes = 16;

    private static readonly Action<(ChannelSumKernel Self, nint A, nint B, nint Y, int Count), int, int> Body =
        static (s, first, end) => s.Self.Run(s.A, s.B, s.Y, first * Grain, Math.Min(end * Grain, s.Count));

    private readonly (DataType Type, int Zero) _a;
    private readonly (DataType Type, int Zero) _b;
    private readonly DataType _output;
    private readonly IntegerRange _range;
    private readonly int _channels;
    private readonly KernelForm _form;

    /// <summary>By channel, from channel 0 on again after the last, so that a vector can be read from every channel on.</summary>
    private readonly int[] _multiplierA;
    private readonly int[] _multiplierB;
    private readonly int[] _shift;
    private readonly int[] _half;
    private readonly int[] _zero;

    /// <summary>Rescales one tensor.</summary>
    /// <param name="x">UINT8 or INT16, and the integer that stands for 0.</param>
    /// <param name="factors">Scale of the input over that of the output, by channel.</param>
    /// <param name="output">UINT8 or INT16.</param>
    /// <param name="offsets">What is added beyond the output's zero, by channel; none for nothing.</param>
    public ChannelSumKernel((DataType Type, int Zero) x, ImmutableArray<double> factors, DataType output, IntegerRange range, KernelForm form, ImmutableArray<int> offsets = default)
        : this(x, factors, default, [], output, range, form, offsets)
    {
    }

    /// <summary>Adds two tensors.</summary>
    /// <param name="a">UINT8 or INT16, and the integer that stands for 0.</param>
    /// <param name="factorsA">Scale of the input over that of the output, by channel; the sign too.</param>
    /// <param name="b">As <paramref name="a"/>.</param>
    /// <param name="factorsB">As <paramref name="factorsA"/>, as many.</param>
    /// <param name="output">UINT8 or INT16.</param>
    /// <param name="offsets">What is added beyond the output's zero, by channel; none for nothing.</param>
    public ChannelSumKernel((DataType Type, int Zero) a, ImmutableArray<double> factorsA, (DataType Type, int Zero) b, ImmutableArray<double> factorsB, DataType output, IntegerRange range, KernelForm form, ImmutableArray<int> offsets = default)
    {
        _a = a;
        _b = b;
        _output = output;
        _range = range;
        _channels = factorsA.Length;
        (factorsA, factorsB) = (Limited(factorsA), Limited(factorsB));
        _form = form == KernelForm.V256 && !Avx2.IsSupported ? KernelForm.Scalar : form;
        int[] shifts = [.. Enumerable.Range(0, _channels).Select(c => Shift(Math.Max(Math.Abs(factorsA[c]), factorsB.IsEmpty ? 0 : Math.Abs(factorsB[c]))))];
        _multiplierA = Around(c => Multiplier(factorsA[c], shifts[c]));
        _multiplierB = factorsB.IsEmpty ? [] : Around(c => Multiplier(factorsB[c], shifts[c]));
        _shift = Around(c => shifts[c]);
        _half = Around(c => 1 << (shifts[c] - 1));
        _zero = Around(c => range.Zero + (offsets.IsDefaultOrEmpty ? 0 : offsets[c]));
    }

    /// <summary>Rescales a whole tensor.</summary>
    /// <param name="threads">Threads to use at most.</param>
    public void Run(ReadOnlySpan<byte> x, Span<byte> y, int threads = 1) => Run(x, [], y, threads);

    /// <summary>Adds two whole tensors.</summary>
    /// <param name="threads">Threads to use at most.</param>
    public unsafe void Run(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, Span<byte> y, int threads = 1)
    {
        int count = y.Length / SizeOf(_output);
        fixed (byte* pa = a, pb = b, py = y)
        {
            Workers.Run((count + Grain - 1) / Grain, count < LeastForThreads ? 1 : threads, (this, (nint)pa, (nint)pb, (nint)py, count), Body);
        }
    }

    private static int SizeOf(DataType type) => type == DataType.UInt8 ? 1 : 2;

    private static int Shift(double factor) => factor == 0 ? 31 : Math.Clamp(Lift - 2 - Math.ILogB(factor), 1, 31);

    private static int Multiplier(double factor, int shift) =>
        (int)Math.Clamp(Math.Floor(Math.ScaleB(factor, 32 - Lift + shift) + 0.5), -int.MaxValue, int.MaxValue);

    private static ImmutableArray<double> Limited(ImmutableArray<double> factors) => [.. factors.Select(f => Math.Clamp(f, -LargestFactor, LargestFactor))];

    private int[] Around(Func<int, int> channel) => [.. Enumerable.Range(0, _channels + MostLanes + 1).Select(i => channel(i % _channels))];

    private unsafe void Run(nint a, nint b, nint y, int first, int end)
    {
        if (_a.Type == DataType.UInt8)
        {
            Run((byte*)a, b, y, first, end);
        }
        else
        {
            Run((short*)a, b, y, first, end);
        }
    }

    private unsafe void Run<TA>(TA* a, nint b, nint y, int first, int end)
        where TA : unmanaged, IBinaryInteger<TA>
    {
        if (_b.Type == DataType.UInt8)
        {
            Run(a, (byte*)b, y, first, end);
        }
        else
        {
            Run(a, (short*)b, y, first, end);
        }
    }

    private unsafe void Run<TA, TB>(TA* a, TB* b, nint y, int first, int end)
        where TA : unmanaged, IBinaryInteger<TA>
        where TB : unmanaged, IBinaryInteger<TB>
    {
        if (_output == DataType.UInt8)
        {
            Run(a, b, (byte*)y, first, end);
        }
        else
        {
            Run(a, b, (short*)y, first, end);
        }
    }

    private unsafe void Run<TA, TB, TY>(TA* a, TB* b, TY* y, int first, int end)
        where TA : unmanaged, IBinaryInteger<TA>
        where TB : unmanaged, IBinaryInteger<TB>
        where TY : unmanaged, IBinaryInteger<TY>
    {
        int i = _form switch
        {
            KernelForm.V512 => Vectors<TA, TB, TY, Lanes512>(ref *a, ref *b, ref *y, first, end),
            KernelForm.V256 => Vectors<TA, TB, TY, Lanes256>(ref *a, ref *b, ref *y, first, end),
            _ => first,
        };
        for (int c = i % _channels; i < end; i++)
        {
            int sum = High(int.CreateTruncating(a[i]) - _a.Zero, _multiplierA[c]);
            if (_multiplierB.Length > 0)
            {
                sum += High(int.CreateTruncating(b[i]) - _b.Zero, _multiplierB[c]);
            }

            y[i] = TY.CreateTruncating(Math.Clamp(((sum + _half[c]) >> _shift[c]) + _zero[c], _range.Low, _range.High));
            c = c + 1 == _channels ? 0 : c + 1;
        }
    }

    private static int High(int centred, int multiplier) => (int)(((long)(centred << Lift) * multiplier) >> 32);

    /// <summary>Whole vectors; returns where they end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private int Vectors<TA, TB, TY, TLanes>(ref TA a, ref TB b, ref TY y, int first, int end)
        where TA : unmanaged
        where TB : unmanaged
        where TY : unmanaged
        where TLanes : struct, IWideLanes<TLanes>
    {
        ref int multiplierA = ref MemoryMarshal.GetArrayDataReference(_multiplierA);
        ref int multiplierB = ref MemoryMarshal.GetArrayDataReference(_multiplierB);
        ref int shift = ref MemoryMarshal.GetArrayDataReference(_shift);
        ref int half = ref MemoryMarshal.GetArrayDataReference(_half);
        bool two = _multiplierB.Length > 0;
        TLanes zeroA = TLanes.All(_a.Zero);
        TLanes zeroB = TLanes.All(_b.Zero);
        ref int zero = ref MemoryMarshal.GetArrayDataReference(_zero);
        TLanes low = TLanes.All(_range.Low);
        TLanes high = TLanes.All(_range.High);
        int channels = _channels;
        int step = TLanes.Count % channels;
        int channel = first % channels;
        for (; first <= end - TLanes.Count; first += TLanes.Count)
        {
            var c = (nuint)channel;
            TLanes sum = TLanes.MultiplyHigh((TLanes.Load(ref a, (nuint)first) - zeroA) << Lift, ref multiplierA, c);
            if (two)
            {
                sum += TLanes.MultiplyHigh((TLanes.Load(ref b, (nuint)first) - zeroB) << Lift, ref multiplierB, c);
            }

            TLanes value = ((sum + TLanes.Load(ref half, c)) >> TLanes.Load(ref shift, c)) + TLanes.Load(ref zero, c);
            TLanes.Store(TLanes.Min(TLanes.Max(value, low), high), ref y, (nuint)first);
            channel += step;
            channel = channel >= channels ? channel - channels : channel;
        }

        return first;
    }
}
