using System.Runtime.CompilerServices;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>A sum or difference of two operands of different scales.</summary>
internal readonly struct SumArithmetic(LinearScale scale) : IBinaryArithmetic
{
    public bool HasVectorForm => scale.FitsLanes;

    public int Apply(int a, int b) => scale.Apply(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Apply<TLanes>(TLanes a, TLanes b)
        where TLanes : struct, ILanes<TLanes>
        => scale.Apply(a, b);
}
