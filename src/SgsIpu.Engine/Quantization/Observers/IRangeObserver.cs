namespace SgsIpu.Engine.Quantization.Observers;

/// <summary>One way to choose the range that the integers of an activation cover.</summary>
internal interface IRangeObserver
{
    /// <summary>As reports name it.</summary>
    string Name { get; }

    /// <summary>The range for values that were seen; it holds 0.</summary>
    /// <param name="seen">The values, of which there may be none, and the integers that the range is cut into.</param>
    /// <param name="extremes">Smallest and largest value, with 0 between them or at an end.</param>
    (double Min, double Max) Range(RangeError seen, (double Min, double Max) extremes);
}
