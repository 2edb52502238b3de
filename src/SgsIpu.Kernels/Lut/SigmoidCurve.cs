using SgsIpu.Core;

namespace SgsIpu.Kernels.Lut;

/// <summary>
/// A function made of a sigmoid curve g. Its table holds g(−u) for u in [0, Reach): 32 segments of equal width with a cubic each, INT32
/// [4, 32], coefficient after coefficient from the constant one on. The cubic is the interpolation at the Chebyshev nodes, whose error is
/// below 2^-18 for the logistic function.
/// </summary>
/// <param name="Lower">g(−u) for u ≥ 0.</param>
/// <param name="Reach">From here on g(−u) counts as what it is here.</param>
/// <param name="Form">The function.</param>
public sealed record SigmoidCurve(Func<double, double> Lower, double Reach, SigmoidForm Form)
{
    /// <summary>Bits of the number of segments.</summary>
    public const int SegmentBits = 5;

    /// <summary>Bits of the place within a segment.</summary>
    public const int PlaceBits = 15;

    /// <summary>Bits below 1 of the curve.</summary>
    public const int CurveBits = 18;

    private const int Segments = 1 << SegmentBits;

    /// <summary>Steps in which the least value is looked for.</summary>
    private const int LeastSteps = 1 << 12;

    /// <summary>Bits below 1 of the coefficients: as many as leave room for the product with a place in INT32.</summary>
    private static readonly int[] CoefficientBits = [CurveBits, CurveBits, CurveBits + 3, CurveBits + 6];

    /// <summary>The inputs beyond which the function no longer changes, or has come to nothing.</summary>
    public (double Low, double High) Domain => (-Reach, Form == SigmoidForm.Weighted ? double.PositiveInfinity : Reach);

    /// <summary>The least value of the function.</summary>
    public double Least => Form switch
    {
        SigmoidForm.Plain => 0,
        SigmoidForm.Odd => -1,
        _ => Enumerable.Range(0, LeastSteps).Min(i => -i * Reach / LeastSteps * Lower(i * Reach / LeastSteps)),
    };

    /// <summary>True for a table of this form.</summary>
    public static bool IsTable(Tensor table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return table is { Type: DataType.Int32, Shape.Rank: 2 } && table.Shape[0] == CoefficientBits.Length && table.Shape[1] == Segments;
    }

    /// <summary>The table, made in double precision.</summary>
    public Tensor Table()
    {
        var table = new int[CoefficientBits.Length * Segments];
        for (int segment = 0; segment < Segments; segment++)
        {
            double[] cubic = Cubic(f => Lower((segment + f) * Reach / Segments));
            for (int power = 0; power < cubic.Length; power++)
            {
                table[(power * Segments) + segment] = (int)Math.Floor(Math.ScaleB(cubic[power], CoefficientBits[power]) + 0.5);
            }
        }

        return Tensor.FromArray(table, CoefficientBits.Length, Segments);
    }

    /// <summary>The coefficients of a segment, in order of the powers of the place within it from 0 to 1.</summary>
    internal static double[] Cubic(ReadOnlySpan<int> table, int segment)
    {
        var cubic = new double[CoefficientBits.Length];
        for (int power = 0; power < cubic.Length; power++)
        {
            cubic[power] = Math.ScaleB(table[(power * Segments) + segment], -CoefficientBits[power]);
        }

        return cubic;
    }

    /// <summary>Coefficients of the cubic through a function at the four Chebyshev nodes of [0, 1], by Newton's divided differences.</summary>
    private static double[] Cubic(Func<double, double> function)
    {
        double[] nodes = [.. Enumerable.Range(0, CoefficientBits.Length).Select(i => 0.5 - (0.5 * Math.Cos(((2 * i) + 1) * Math.PI / 8)))];
        double[] differences = [.. nodes.Select(function)];
        for (int order = 1; order < nodes.Length; order++)
        {
            for (int i = nodes.Length - 1; i >= order; i--)
            {
                differences[i] = (differences[i] - differences[i - 1]) / (nodes[i] - nodes[i - order]);
            }
        }

        var cubic = new double[nodes.Length];
        for (int i = nodes.Length - 1; i >= 0; i--)
        {
            // cubic · (f − node) + difference.
            for (int power = cubic.Length - 1; power > 0; power--)
            {
                cubic[power] = cubic[power - 1] - (nodes[i] * cubic[power]);
            }

            cubic[0] = differences[i] - (nodes[i] * cubic[0]);
        }

        return cubic;
    }
}
