namespace SgsIpu.Engine.Quantization.Observers;

/// <summary>One way to choose the range that the integers of an activation cover.</summary>
internal interface IRangeObserver
{
    /// <summary>As reports name it.</summary>
    string Name { get; }

    /// <summary>The range for values that were seen; it holds 0.</summary>
    /// <param name="histogram">Of the values; may be empty.</param>
    /// <param name="extremes">Smallest and largest value, with 0 between them or at an end.</param>
    /// <param name="levels">Integers that the range is cut into, for example 256.</param>
    (double Min, double Max) Range(Histogram histogram, (double Min, double Max) extremes, int levels);
}
