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
    private readonly KernelForm _form = arithmetic.HasVectorForm ? form : KernelForm.Scalar;

    public override void Run(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, Span<byte> y)
    {
        BroadcastPlan plan = types.Plan;
        ReadOnlySpan<TA> allA = MemoryMarshal.Cast<byte, TA>(a);
        ReadOnlySpan<TB> allB = MemoryMarshal.Cast<byte, TB>(b);
        Span<TY> allY = MemoryMarshal.Cast<byte, TY>(y);
        for (int row = 0; row < plan.Rows; row++)
        {
            (int startA, int startB) = plan.Start(row);
            ReadOnlySpan<TA> rowA = allA.Slice(startA, plan.StepA == 0 ? 1 : plan.Length);
            ReadOnlySpan<TB> rowB = allB.Slice(startB, plan.StepB == 0 ? 1 : plan.Length);
            Span<TY> rowY = allY.Slice(row * plan.Length, plan.Length);
            int done = _form switch
            {
                KernelForm.V512 => Vectors<Lanes512>(rowA, rowB, rowY),
                KernelForm.V256 => Vectors<Lanes256>(rowA, rowB, rowY),
                KernelForm.V128 => Vectors<Lanes128>(rowA, rowB, rowY),
                _ => 0,
            };
            Scalars(rowA, rowB, rowY, done);
        }
    }

    private void Scalars(ReadOnlySpan<TA> a, ReadOnlySpan<TB> b, Span<TY> y, int from)
    {
        TArithmetic op = arithmetic;
        IntegerRange range = types.Range;
        int zeroA = types.ZeroA;
        int zeroB = types.ZeroB;
        for (int i = from; i < y.Length; i++)
        {
            int left = int.CreateTruncating(a[a.Length == 1 ? 0 : i]) - zeroA;
            int right = int.CreateTruncating(b[b.Length == 1 ? 0 : i]) - zeroB;
            y[i] = TY.CreateTruncating(range.Place(op.Apply(left, right)));
        }
    }

    /// <summary>Computes whole vectors and returns the number of elements done.</summary>
    private int Vectors<TLanes>(ReadOnlySpan<TA> a, ReadOnlySpan<TB> b, Span<TY> y)
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
        bool stillA = a.Length == 1;
        bool stillB = b.Length == 1;
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
