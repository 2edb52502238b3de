using SgsIpu.Core;

namespace SgsIpu.Kernels.Lut;

/// <summary>
/// Builds the table of a one-input function, once, in double precision; what reads it (<see cref="LookupKernel"/>) uses integers only.
/// The form is seen from the table's type and shape:
/// <list type="bullet">
/// <item>direct: 256 entries for UINT8 or 65536 for INT16 (from −32768 on), of the output's own type;</item>
/// <item>linear: INT32 [2^k + 1], evenly spaced over INT16, straight lines between;</item>
/// <item>octaves: INT32 [2, (16 − m)·2^m + 1], 2^m segments for each power of two of |q|, row 0 for q ≥ 0 and row 1 for q &lt; 0 — the
/// form for √x, 1/x, ln x, whose curvature grows toward 0.</item>
/// </list>
/// Interpolated entries carry <see cref="FractionBits"/> extra bits, so that rounding happens once, at the end.
/// </summary>
public static class LookupTable
{
    /// <summary>Bits below the output's unit in interpolated tables.</summary>
    public const int FractionBits = 8;

    /// <summary>Interpolation is taken where no input is further than this from the true value, in units of the output; ½ is ideal.</summary>
    public const double Tolerance = 0.75;

    private const double EntryLimit = 1 << 30;

    /// <summary>
    /// The smallest table that is within <see cref="Tolerance"/> at every input; a direct one where none is. Infinite values saturate; an
    /// input where the function is no number gives the output's zero.
    /// </summary>
    public static Tensor Build(Func<double, double> function, DataType input, QuantParam inputMap, DataType output, QuantParam outputMap)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(inputMap);
        ArgumentNullException.ThrowIfNull(outputMap);
        double low = output == DataType.UInt8 ? 0 : -32767;
        double high = output == DataType.UInt8 ? 255 : 32767;

        double Value(int q)
        {
            double v = function((q - inputMap.ZeroPoint) * inputMap.Scale[0]) / outputMap.Scale[0];
            return (double.IsNaN(v) ? 0 : v) + outputMap.ZeroPoint;
        }

        if (input == DataType.UInt8)
        {
            return Direct(Values(Value, 0, 256), output, low, high);
        }

        double[] values = Values(Value, -32768, 65537);
        foreach (Tensor candidate in Candidates(values))
        {
            if (IsWithinTolerance(candidate, values, low, high))
            {
                return candidate;
            }
        }

        return Direct(values.AsSpan(0, 65536), output, low, high);
    }

    private static double[] Values(Func<int, double> value, int first, int count)
    {
        var values = new double[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = value(first + i);
        }

        return values;
    }

    private static IEnumerable<Tensor> Candidates(double[] values)
    {
        yield return Linear(values, 8);
        yield return Linear(values, 10);
        yield return Octaves(values, 6);
        yield return Linear(values, 12);
        yield return Octaves(values, 8);
    }

    private static Tensor Linear(double[] values, int bits)
    {
        var entries = new int[(1 << bits) + 1];
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = Entry(values[i << (16 - bits)]);
        }

        return Tensor.FromArray(entries, entries.Length);
    }

    private static Tensor Octaves(double[] values, int bits)
    {
        int segments = (16 - bits) << bits;
        var entries = new int[2 * (segments + 1)];
        for (int i = 0; i <= segments; i++)
        {
            // The inverse of LookupKernel's segment number.
            int octave = i < 1 << bits ? 0 : (i >> bits) - 1;
            int magnitude = (i - (octave << bits)) << octave;
            magnitude = Math.Min(magnitude, 32768);
            entries[i] = Entry(values[32768 + magnitude]);
            entries[segments + 1 + i] = Entry(values[32768 - magnitude]);
        }

        return Tensor.FromArray(entries, 2, segments + 1);
    }

    private static int Entry(double value) => (int)Math.Floor(Math.Clamp(value * (1 << FractionBits), -EntryLimit, EntryLimit) + 0.5);

    private static Tensor Direct(ReadOnlySpan<double> values, DataType output, double low, double high)
    {
        var result = new Tensor(output, new Shape(values.Length));
        for (int i = 0; i < values.Length; i++)
        {
            double rounded = Math.Floor(Math.Clamp(values[i], low, high) + 0.5);
            if (output == DataType.UInt8)
            {
                result.As<byte>()[i] = (byte)rounded;
            }
            else
            {
                result.As<short>()[i] = (short)rounded;
            }
        }

        return result;
    }

    private static bool IsWithinTolerance(Tensor candidate, double[] values, double low, double high)
    {
        ReadOnlySpan<int> entries = candidate.As<int>();
        bool octaves = candidate.Shape.Rank == 2;
        for (int q = -32767; q <= 32767; q++)
        {
            double read = Math.Clamp((double)(octaves ? LookupKernel.ReadOctaves(entries, q) : LookupKernel.ReadLinear(entries, q)), low, high);
            if (Math.Abs(read - Math.Clamp(values[q + 32768], low, high)) > Tolerance)
            {
                return false;
            }
        }

        return true;
    }
}
