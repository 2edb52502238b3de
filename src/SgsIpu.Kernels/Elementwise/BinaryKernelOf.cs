using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>A binary kernel for one arithmetic and its element types.</summary>
internal sealed class BinaryKernel<TArithmetic, TA, TB, TY>(TArithmetic arithmetic, BinaryTypes types, KernelForm form) : BinaryKernel
    where TArithmetic : struct, IBinaryArithmetic
    where TA : unmanaged, IBinaryInteger<TA>
    where TB : unmanaged, IBinaryInteger<TB>
    where TY : unmanaged, IBinaryInteger<TY>
{
    /// <summary>Elements below which a second thread costs more than it gains.</summary>
    private const int LeastForThreads = 1 << 14;

    /// <summary>Elements of a row in a piece: few pieces share a cache line of the output.</summary>
    private const int Grain = 1024;

    private static readonly unsafe Action<(BinaryKernel<TArithmetic, TA, TB, TY> Self, nint A, nint B, nint Y), int, int> Body =
        static (s, first, end) => s.Self.Run((TA*)s.A, (TB*)s.B, (TY*)s.Y, first, end);

    private readonly KernelForm _form = arithmetic.HasVectorForm ? form : KernelForm.Scalar;

    public override unsafe void Run(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, Span<byte> y, int threads = 1)
    {
        fixed (byte* pa = a, pb = b, py = y)
        {
            int pieces = (types.Plan.Length + Grain - 1) / Grain;
            int parts = types.Plan.Rows * types.Plan.Length < LeastForThreads ? 1 : threads;
            Workers.Run(types.Plan.Rows * pieces, parts, (this, (nint)pa, (nint)pb, (nint)py), Body);
        }
    }

    /// <summary>Computes pieces [first, end) of all rows in order; neighbouring pieces of a row at once.</summary>
    private unsafe void Run(TA* a, TB* b, TY* y, int first, int end)
    {
        BroadcastPlan plan = types.Plan;
        int pieces = (plan.Length + Grain - 1) / Grain;
        while (first < end)
        {
            (int row, int piece) = Math.DivRem(first, pieces);
            int count = Math.Min(end - first, pieces - piece);
            int at = piece * Grain;
            int length = Math.Min(count * Grain, plan.Length - at);
            (int startA, int startB) = plan.Start(row);
            var rowA = new ReadOnlySpan<TA>(a + startA + (plan.StepA * at), plan.StepA == 0 ? 1 : length);
            var rowB = new ReadOnlySpan<TB>(b + startB + (plan.StepB * at), plan.StepB == 0 ? 1 : length);
            var rowY = new Span<TY>(y + ((nint)row * plan.Length) + at, length);
            int done = _form switch
            {
                KernelForm.V512 => Vectors<Lanes512>(rowA, rowB, rowY, plan),
                KernelForm.V256 => Vectors<Lanes256>(rowA, rowB, rowY, plan),
                KernelForm.V128 => Vectors<Lanes128>(rowA, rowB, rowY, plan),
                _ => 0,
            };
            Scalars(rowA, rowB, rowY, done, plan);
            first += count;
        }
    }

    private void Scalars(ReadOnlySpan<TA> a, ReadOnlySpan<TB> b, Span<TY> y, int from, BroadcastPlan plan)
    {
        TArithmetic op = arithmetic;
        IntegerRange range = types.Range;
        int zeroA = types.ZeroA;
        int zeroB = types.ZeroB;
        for (int i = from; i < y.Length; i++)
        {
            int left = int.CreateTruncating(a[i * plan.StepA]) - zeroA;
            int right = int.CreateTruncating(b[i * plan.StepB]) - zeroB;
            y[i] = TY.CreateTruncating(range.Place(op.Apply(left, right)));
        }
    }

    /// <summary>Computes whole vectors and returns the number of elements done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private int Vectors<TLanes>(ReadOnlySpan<TA> a, ReadOnlySpan<TB> b, Span<TY> y, BroadcastPlan plan)
        where TLanes : struct, ILanes<TLanes>
    {
        TArithmetic op = arithmetic;
        TLanes zeroA = TLanes.All(types.ZeroA);
        TLanes zeroB = TLanes.All(types.ZeroB);
        TLanes low = TLanes.All(types.Range.Low - types.Range.Zero);
        TLanes high = TLanes.All(types.Range.High - types.Range.Zero);
        TLanes zero = TLanes.All(types.Range.Zero);
        ref TA firstA = ref MemoryMarshal.GetReference(a);
        ref TB firstB = ref MemoryMarshal.GetReference(b);
        ref TY firstY = ref MemoryMarshal.GetReference(y);
        bool stillA = plan.StepA == 0;
        bool stillB = plan.StepB == 0;
        TLanes left = TLanes.All(int.CreateTruncating(firstA)) - zeroA;
        TLanes right = TLanes.All(int.CreateTruncating(firstB)) - zeroB;
        int end = y.Length - TLanes.Count;
        int i = 0;
        for (; i <= end; i += TLanes.Count)
        {
            if (!stillA)
            {
                left = TLanes.Load(ref firstA, (nuint)i) - zeroA;
            }

            if (!stillB)
            {
                right = TLanes.Load(ref firstB, (nuint)i) - zeroB;
            }

            TLanes centred = op.Apply(left, right);
            TLanes.Store(TLanes.Min(TLanes.Max(centred, low), high) + zero, ref firstY, (nuint)i);
        }

        return i;
    }
}
