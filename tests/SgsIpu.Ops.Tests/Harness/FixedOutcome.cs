using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>What a fixed-point form gave, and what the float form gives for the same real values.</summary>
internal sealed record FixedOutcome(Tensor[] Integers, ImmutableArray<QuantParam?> Maps, Tensor[] Expected, ImmutableArray<Tensor> Tables)
{
    /// <summary>The first output as real numbers.</summary>
    public float[] Values => Quantization.Dequantize(Integers[0], Maps[0]!).ToFloats();

    /// <summary>Signal-to-noise ratio of all outputs against the float form, in dB.</summary>
    public double Decibels
    {
        get
        {
            double signal = 0;
            double noise = 0;
            for (int o = 0; o < Integers.Length; o++)
            {
                foreach ((float wanted, float found) in Expected[o].ToFloats().Zip(Quantization.Dequantize(Integers[o], Maps[o]!).ToFloats()))
                {
                    signal += (double)wanted * wanted;
                    noise += ((double)wanted - found) * ((double)wanted - found);
                }
            }

            return noise == 0 ? double.PositiveInfinity : 10 * Math.Log10(signal / noise);
        }
    }

    /// <summary>
    /// The largest distance of any output from the float form, in units of the output; the float form is limited to what the output's
    /// type holds. ½ is ideal.
    /// </summary>
    public double MaxErrorLsb
    {
        get
        {
            double worst = 0;
            for (int o = 0; o < Integers.Length; o++)
            {
                if (Maps[o] is not { } map)
                {
                    Assert.Equal(Expected[o].ToLongs(), Integers[o].ToLongs());
                    continue;
                }

                long[] integers = Integers[o].ToLongs();
                float[] expected = Expected[o].ToFloats();
                (double low, double high) = Integers[o].Type == DataType.UInt8 ? (0, 255) : (-32767, 32767);
                for (int i = 0; i < integers.Length; i++)
                {
                    double ideal = Math.Clamp((expected[i] / map.Scale[0]) + map.ZeroPoint, low, high);
                    double error = Math.Abs(integers[i] - ideal);
                    worst = error > worst || double.IsNaN(error) ? error : worst;
                }
            }

            return worst;
        }
    }
}
