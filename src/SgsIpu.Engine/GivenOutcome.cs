namespace SgsIpu.Engine;

/// <summary>What became of one thing that a user asked of a tensor.</summary>
/// <param name="Tensor">Its name in the float model.</param>
/// <param name="What">Range, Bit, Data; Tensor where all of it was refused.</param>
/// <param name="Taken">False where it was impossible, so that calibration decided.</param>
/// <param name="Reason">Why it was refused, or how it was taken; empty where there is nothing to say.</param>
/// <param name="Source">Who asked.</param>
public sealed record GivenOutcome(string Tensor, string What, bool Taken, string Reason, string Source);
