using System.Runtime.CompilerServices;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>x where x ≥ 0, slope · x below: the product is exact in INT32.</summary>
internal readonly struct PReluArithmetic(Requantizer above, Requantizer below) : IBinaryArithmetic
{
    public bool HasVectorForm => true;

    public int Apply(int x, int slope) => x < 0 ? below.Apply(x * slope) : above.Apply(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Apply<TLanes>(TLanes x, TLanes slope)
        where TLanes : struct, ILanes<TLanes>
        => TLanes.Select(x, TLanes.Requantize(x * slope, below), TLanes.Requantize(x, above));
}
