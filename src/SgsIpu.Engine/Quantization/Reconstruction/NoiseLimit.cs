namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>What the noise of a model must be below: that of another, surely, on a typical sample as well, and by half of what was gained on it.</summary>
/// <param name="noise">Of the other model.</param>
/// <param name="gained">Of the model that gained.</param>
internal sealed class NoiseLimit(WholeNoise noise, WholeNoise gained)
{
    /// <summary>
    /// So much less noise (natural logarithm, 0.4 dB) counts where few samples make most of the noise, whose standard error tells nothing. Chosen
    /// between a plan that holds for a text recognizer and one that does not for a classifier.
    /// </summary>
    private const double Clear = 0.1;

    private readonly double _kept = Math.Max(0, -gained.Rise(noise, 0)) / 2;

    /// <summary>Of the other model.</summary>
    public WholeNoise Noise => noise;

    /// <summary>How far a noise is above the limit (natural logarithm); not above 0 where it keeps to it.</summary>
    public double Excess(WholeNoise tried)
    {
        double rise = tried.Rise(noise, 0);
        double unsure = Math.Min(tried.Rise(noise, 1), rise + Clear);
        return Math.Max(Math.Max(rise + _kept, unsure), tried.TypicalRise(noise));
    }
}
