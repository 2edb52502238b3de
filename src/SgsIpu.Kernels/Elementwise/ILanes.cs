namespace SgsIpu.Kernels.Elementwise;

/// <summary>
/// A vector of INT32 of some width, so that a kernel is written once for all of them. Loops over vectors are methods of their own that are never
/// inlined: once a run is hot, its profile puts them into a caller with so many locals that vectors live in memory, which costs thirty times as much.
/// </summary>
internal interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    static abstract int Count { get; }

    static abstract TSelf All(int value);

    /// <summary>Reads bytes or INT16 and widens them.</summary>
    static abstract TSelf Load<T>(ref T source, nuint index)
        where T : unmanaged;

    /// <summary>Writes bytes or INT16; the values are within the type already.</summary>
    static abstract void Store<T>(TSelf value, ref T target, nuint index)
        where T : unmanaged;

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator >>(TSelf a, int count);

    static abstract TSelf Min(TSelf a, TSelf b);

    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>Lane by lane: <paramref name="negative"/> where the condition is below 0, else <paramref name="other"/>.</summary>
    static abstract TSelf Select(TSelf condition, TSelf negative, TSelf other);

    /// <summary><see cref="Requantizer.Apply(int)"/> of every lane.</summary>
    static abstract TSelf Requantize(TSelf value, Requantizer requantizer);
}
