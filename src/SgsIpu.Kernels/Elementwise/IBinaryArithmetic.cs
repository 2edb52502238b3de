namespace SgsIpu.Kernels.Elementwise;

/// <summary>What a binary kernel computes from two centred integers: the centred result, not yet limited to the output's type.</summary>
internal interface IBinaryArithmetic
{
    /// <summary>True where the vector form gives the same integers as the scalar one for every input.</summary>
    bool HasVectorForm { get; }

    int Apply(int a, int b);

    TLanes Apply<TLanes>(TLanes a, TLanes b)
        where TLanes : struct, ILanes<TLanes>;
}
