using System.Runtime.CompilerServices;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>The larger or the smaller of two operands of different scales. Rounding is monotonic, so each is rounded before they are compared.</summary>
internal readonly struct ExtremeArithmetic(LinearScale a, LinearScale b, bool largest) : IBinaryArithmetic
{
    public bool HasVectorForm => a.FitsLanes && b.FitsLanes;

    public int Apply(int x, int y) => largest ? Math.Max(a.Apply(x, 0), b.Apply(y, 0)) : Math.Min(a.Apply(x, 0), b.Apply(y, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Apply<TLanes>(TLanes x, TLanes y)
        where TLanes : struct, ILanes<TLanes>
        => largest ? TLanes.Max(a.Apply(x), b.Apply(y)) : TLanes.Min(a.Apply(x), b.Apply(y));
}
