namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>What a fixed graph as a whole loses on some samples. Graphs that ran on the same samples are compared sample by sample.</summary>
internal sealed class WholeNoise
{
    /// <summary>Noise over signal of less than 120 dB counts as none.</summary>
    private const double None = 1e-12;

    private readonly double[][] _parts;
    private readonly double[][] _outputs;

    /// <param name="parts">Noise over signal of each sample and part of the outputs: [samples][parts]; see <see cref="OutputParts"/>.</param>
    /// <param name="outputs">The same of each output, all parts together: [samples][outputs].</param>
    public WholeNoise(double[][] parts, double[][] outputs)
    {
        (_parts, _outputs) = (parts, outputs);
        (Parts, Outputs) = (Means(parts), Means(outputs));
    }

    /// <summary>Noise over signal of each part of the outputs.</summary>
    public double[] Parts { get; }

    /// <summary>Noise over signal of each output, all parts together.</summary>
    public double[] Outputs { get; }

    /// <summary>Signal-to-noise ratio in dB, the mean over the parts.</summary>
    public double Decibels => FixedTrial.Decibels(Parts);

    /// <param name="distances">Squared distance of each part of each sample's outputs: [samples][parts].</param>
    public static WholeNoise Of(FixedTrial trial, double[][] distances)
    {
        double[][] parts = [.. distances.Select(d => trial.Relative([d]))];
        return new WholeNoise(parts, [.. parts.Select(trial.ByOutput)]);
    }

    /// <summary>Neither where every part counts the same nor where an output's large parts count for more. True where nothing can be measured.</summary>
    public bool IsNoWorseThan(WholeNoise other) => Rise(other, 0) <= 0;

    /// <summary>The same with more certainty than the samples' means alone give: a standard error remains between the two.</summary>
    public bool IsSurelyNoWorseThan(WholeNoise other) => Rise(other, 1) <= 0;

    /// <summary>Better, and by more than the choice of the samples explains.</summary>
    public bool IsSurelyBetterThan(WholeNoise other) => Rise(other, 1) < 0;

    /// <summary>What is added to the noise, over the noise that is there: the mean over the parts and that over the outputs.</summary>
    public double Rise(WholeNoise added) => Part(added.Parts, Parts) + Part(added.Outputs, Outputs);

    /// <summary>Natural logarithm of the noise over another, the larger of that of parts and that of outputs.</summary>
    /// <param name="errors">Standard errors that are added.</param>
    public double Rise(WholeNoise other, double errors) => Math.Max(Rise(_parts, other._parts, errors), Rise(_outputs, other._outputs, errors));

    /// <summary>The same of means alone, whatever samples they are of.</summary>
    public double MeanRise(WholeNoise other) => Parts.Length == 0 ? 0 : Math.Max(Logarithm(Parts) - Logarithm(other.Parts), Logarithm(Outputs) - Logarithm(other.Outputs));

    /// <summary>
    /// Natural logarithm of a typical sample's noise over that in another graph: the mean of what it is of each. One sample that is far louder than the
    /// others decides the means, and says nothing of the others.
    /// </summary>
    public double TypicalRise(WholeNoise other) => _outputs.Length == 0 ? 0 : _outputs.Zip(other._outputs, (n, o) => Logarithm(n) - Logarithm(o)).Average();

    /// <summary>One number for all: the geometric mean, for which a part more or less counts the same in each. NaN of none.</summary>
    public static double Mean(double[] noise) => noise.Length == 0 ? double.NaN : Math.Exp(Logarithm(noise));

    private static double Part(double[] added, double[] noise) => added.Zip(noise, (a, n) => a / Math.Max(n, None)).Average();

    /// <summary>
    /// The change of the mean logarithm, with its standard error by the jackknife: what it would be without each of the samples (Tukey, "Bias and
    /// confidence in not-quite large samples", 1958). The same samples on both sides take out what makes pictures differ.
    /// </summary>
    private static double Rise(double[][] now, double[][] before, double errors)
    {
        int samples = now.Length;
        if (samples == 0 || now[0].Length == 0)
        {
            return 0;
        }

        double change = Logarithm(Means(now)) - Logarithm(Means(before));
        if (errors == 0 || samples == 1)
        {
            return change;
        }

        double[] without = [.. Enumerable.Range(0, samples).Select(s => Logarithm(MeansWithout(now, s)) - Logarithm(MeansWithout(before, s)))];
        double mean = without.Average();
        return change + (errors * Math.Sqrt(without.Sum(w => (w - mean) * (w - mean)) * (samples - 1) / samples));
    }

    private static double Logarithm(double[] noise) => noise.Average(n => Math.Log(Math.Max(n, None)));

    private static double[] MeansWithout(double[][] noise, int sample) => Means([.. noise.Where((_, s) => s != sample)]);

    private static double[] Means(double[][] noise) => noise.Length == 0 ? [] : [.. Enumerable.Range(0, noise[0].Length).Select(p => noise.Average(n => n[p]))];
}
