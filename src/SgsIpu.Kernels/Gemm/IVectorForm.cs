namespace SgsIpu.Kernels;

/// <summary>What the integer products need of INT32 vectors of some width, so that a kernel is written once for all of them.</summary>
/// <typeparam name="TVector">The vector of INT32.</typeparam>
internal unsafe interface IVectorForm<TVector>
    where TVector : unmanaged
{
    /// <summary>Lanes of INT32.</summary>
    static abstract int Count { get; }

    /// <summary>False where the output stage is done lane by lane: <c>Requantize</c>, <c>RequantizeWide</c> and <c>Narrow</c> are not there.</summary>
    static abstract bool HasStage { get; }

    static abstract TVector All(int value);

    static abstract TVector Load(int* source);

    static abstract void Store(TVector value, int* target);

    /// <summary>Reads bytes, one into each lane.</summary>
    static abstract TVector Widen(byte* source);

    /// <summary>Reads INT16, one into each lane.</summary>
    static abstract TVector Widen(short* source);

    /// <summary>Writes lanes that are within a byte.</summary>
    static abstract void Narrow(TVector value, byte* target);

    /// <summary>Writes lanes that are within INT16.</summary>
    static abstract void Narrow(TVector value, short* target);

    /// <summary>Widens <see cref="Count"/> · 2 bytes to INT16.</summary>
    static abstract void Copy(byte* source, short* target);

    /// <summary>Adds lower + upper · 256 of each lane to sums of INT64.</summary>
    static abstract void AddSplit(int* lower, int* upper, long* sums);

    static abstract TVector Add(TVector a, TVector b);

    /// <summary>Adds the products of both INT16 halves of each lane.</summary>
    static abstract TVector MultiplyAdd(TVector sum, TVector a, TVector b);

    /// <summary>((the upper 32 bits of sum · multiplier) + round) >> shift, lane by lane.</summary>
    static abstract TVector Requantize(TVector sum, TVector multiplier, TVector round, TVector shift);

    static abstract TVector Clamp(TVector value, TVector min, TVector max);

    /// <summary>The wide stage of <see cref="Count"/> sums of INT64, to the clamp.</summary>
    static abstract TVector RequantizeWide(long* sum, in StageTable table, int channel);
}
