namespace SgsIpu.Ops;

/// <summary>The error function in double precision, which the base library lacks.</summary>
public static class ErrorFunction
{
    /// <summary>
    /// erf(x) = 2/√π ∫₀ˣ e^(−t²) dt, within 1e-14: the series of Abramowitz and Stegun 7.1.6 below 3, the continued fraction 7.1.14 above.
    /// </summary>
    public static double Erf(double x)
    {
        double a = Math.Abs(x);
        if (double.IsNaN(x) || a >= 6)
        {
            return double.IsNaN(x) ? x : Math.Sign(x);
        }

        if (a < 3)
        {
            double term = a;
            double sum = a;
            for (int n = 1; term > sum * 1e-17; n++)
            {
                term *= 2 * a * a / ((2 * n) + 1);
                sum += term;
            }

            return Math.CopySign(2 / Math.Sqrt(Math.PI) * Math.Exp(-a * a) * sum, x);
        }

        double fraction = 0;
        for (int n = 60; n > 0; n--)
        {
            fraction = n / 2.0 / (a + fraction);
        }

        return Math.CopySign(1 - (Math.Exp(-a * a) / (Math.Sqrt(Math.PI) * (a + fraction))), x);
    }
}
