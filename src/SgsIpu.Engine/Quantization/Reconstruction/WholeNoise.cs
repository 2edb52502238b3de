namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>What a fixed graph as a whole loses on samples that nothing was learned from and no form of a layer was chosen by.</summary>
/// <param name="Parts">Noise over signal of each part of the outputs; see <see cref="OutputParts"/>.</param>
/// <param name="Outputs">Noise over signal of each output, all parts together.</param>
internal sealed record WholeNoise(double[] Parts, double[] Outputs)
{
    /// <summary>Noise over signal of less than 120 dB counts as none.</summary>
    private const double None = 1e-12;

    /// <summary>Signal-to-noise ratio in dB, the mean over the parts.</summary>
    public double Decibels => FixedTrial.Decibels(Parts);

    /// <summary>Neither where every part counts the same nor where an output's large parts count for more. True where nothing can be measured.</summary>
    public bool IsNoWorseThan(WholeNoise other) => Parts.Length == 0 || (Mean(Parts) <= Mean(other.Parts) && Mean(Outputs) <= Mean(other.Outputs));

    /// <summary>Whether a part of the way to another, in decibels, is not gone beyond.</summary>
    /// <param name="way">0 for <paramref name="from"/>, 1 for <paramref name="to"/>.</param>
    public bool StaysWithin(WholeNoise from, WholeNoise to, double way)
    {
        return Stays(Parts, from.Parts, to.Parts) && Stays(Outputs, from.Outputs, to.Outputs);

        bool Stays(double[] noise, double[] near, double[] far) => Mean(noise) <= Mean(near) * Math.Pow(Mean(far) / Mean(near), way);
    }

    /// <summary>What is added to the noise, over the noise that is there: the mean over the parts and that over the outputs.</summary>
    public double Rise(WholeNoise added) => Part(added.Parts, Parts) + Part(added.Outputs, Outputs);

    private static double Part(double[] added, double[] noise) => added.Zip(noise, (a, n) => a / Math.Max(n, None)).Average();

    /// <summary>One number for all: the geometric mean, for which a part more or less counts the same in each. NaN of none.</summary>
    public static double Mean(double[] noise) => noise.Length == 0 ? double.NaN : Math.Exp(noise.Average(n => Math.Log(Math.Max(n, None))));
}
