using System.Runtime.CompilerServices;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>A product: exact in INT32, then requantized.</summary>
internal readonly struct ProductArithmetic(Requantizer requantizer) : IBinaryArithmetic
{
    public bool HasVectorForm => true;

    public int Apply(int a, int b) => requantizer.Apply(a * b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Apply<TLanes>(TLanes a, TLanes b)
        where TLanes : struct, ILanes<TLanes>
        => TLanes.Requantize(a * b, requantizer);
}
