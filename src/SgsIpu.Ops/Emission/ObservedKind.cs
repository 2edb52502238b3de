namespace SgsIpu.Ops;

/// <summary>What an output of an observing graph holds of a tensor.</summary>
public enum ObservedKind
{
    /// <summary>Every value.</summary>
    All,

    /// <summary>The largest value of each channel.</summary>
    Maximum,

    /// <summary>The smallest value of each channel, with its sign turned.</summary>
    NegatedMinimum,

    /// <summary>The mean of each channel.</summary>
    Mean,

    /// <summary>An evenly spaced part of each channel.</summary>
    Part,
}
