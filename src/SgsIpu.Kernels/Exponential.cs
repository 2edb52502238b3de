namespace SgsIpu.Kernels;

/// <summary>
/// e^x in double precision by additions and multiplications in one order, so that every machine gives the same bits, which
/// <see cref="Math.Exp(double)"/> does not promise. The relative error is below 1e-14.
/// </summary>
public static class Exponential
{
    private const double Ln2High = 0.6931471803691238;
    private const double Ln2Low = 1.9082149292705877e-10;
    private const double Log2E = 1.4426950408889634;
    private const double Largest = 700;
    private const int Terms = 14;

    /// <param name="x">Values beyond ±700 are taken as ±700.</param>
    public static double Of(double x)
    {
        x = Math.Clamp(x, -Largest, Largest);
        double k = Math.Floor((x * Log2E) + 0.5);
        double r = (x - (k * Ln2High)) - (k * Ln2Low);

        // Taylor's series on [−ln 2 / 2, ln 2 / 2], from its last term.
        double sum = 1;
        for (int n = Terms; n > 0; n--)
        {
            sum = 1 + (r * sum / n);
        }

        return sum * BitConverter.Int64BitsToDouble((long)(k + 1023) << 52);
    }
}
