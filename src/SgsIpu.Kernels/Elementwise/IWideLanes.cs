namespace SgsIpu.Kernels.Elementwise;

/// <summary>Lanes of INT32 on machines that also multiply to INT64 and shift each lane by its own count.</summary>
internal interface IWideLanes<TSelf> : ILanes<TSelf>
    where TSelf : struct, IWideLanes<TSelf>
{
    /// <summary>Reads INT32.</summary>
    static abstract TSelf Load(ref int source, nuint index);

    static abstract TSelf operator <<(TSelf a, int count);

    /// <summary>Shifts each lane to the right, by less than 32, keeping signs.</summary>
    static abstract TSelf operator >>(TSelf a, TSelf counts);

    /// <summary>The upper halves of the products; the factors of the odd lanes are read one further, so that they stand where the product needs them.</summary>
    static abstract TSelf MultiplyHigh(TSelf a, ref int factors, nuint index);
}
