using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.QuantParams;

namespace SgsIpu.Engine.Quantization;

/// <summary>What rounding and cutting off are expected to leave of each tensor of a fixed graph, by what was observed of the float one.</summary>
internal static class ExpectedSqnr
{
    /// <summary>As <see cref="Of"/>, when it is first asked for; until then it holds on to what it needs and nothing else.</summary>
    public static Lazy<ImmutableDictionary<string, double>> Later(Graph integers, PrecisionPlan plan, IReadOnlyDictionary<string, ActivationStatistics> statistics) =>
        new(() => Of(integers, plan, statistics));

    /// <returns>dB by the tensor's name in the fixed graph; nothing of those that were not observed.</returns>
    public static ImmutableDictionary<string, double> Of(Graph integers, PrecisionPlan plan, IReadOnlyDictionary<string, ActivationStatistics> statistics)
    {
        var result = ImmutableDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        foreach (TensorSpec tensor in integers.Tensors.Values)
        {
            if (tensor is { IsConstant: false, Quant: { } quant, Type: DataType.UInt8 or DataType.Int16 } && Seen(tensor) is { } seen)
            {
                int channels = seen.Min.Length;
                double signal = Enumerable.Range(0, channels).Average(c => seen.Variance(c) + (seen.Mean(c) * seen.Mean(c)));
                double noise = Noise(seen, quant, tensor.Type);
                if (signal > 0 && noise > 0)
                {
                    result[tensor.Name] = 10 * Math.Log10(signal / noise);
                }
            }
        }

        return result.ToImmutable();

        // What only moves values has the range of what it moves.
        ActivationStatistics? Seen(TensorSpec tensor)
        {
            string name = FloatName.Of(integers, tensor.Name);
            ActivationStatistics? seen = statistics.GetValueOrDefault(name) ?? statistics.GetValueOrDefault(plan.RangeOf(name));
            return seen is not null && (tensor.Quant!.IsPerTensor || tensor.Quant.Scale.Length == seen.Min.Length) ? seen : null;
        }
    }

    private static double Noise(ActivationStatistics seen, QuantParam quant, DataType type)
    {
        (int low, int high) = type == DataType.UInt8 ? (byte.MinValue, byte.MaxValue) : (-short.MaxValue, (int)short.MaxValue);
        return quant.IsPerTensor ? Error(seen.Histogram, 0)
            : seen.Channels.IsEmpty ? quant.Scale.Select((s, c) => s * s / 12 * seen.Density(c)).Average()
            : quant.Scale.Select((_, c) => Error(seen.Channels[c], c)).Average();

        double Error(Histogram values, int c) => new RangeError(values, high - low + 1).MeanSquare((low - quant.ZeroOf(c)) * quant.Scale[c], (high - quant.ZeroOf(c)) * quant.Scale[c]);
    }
}
