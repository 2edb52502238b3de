using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SgsIpu.Core;
using SgsIpu.Engine.Simulation;

namespace SgsIpu.Engine.Quantization;

/// <summary>Sums of the channels of float tensors over each of some samples, with every value counting up to a bound.</summary>
/// <param name="samples">Inputs of the graph, of each sample.</param>
internal sealed class RealSums(Graph graph, IReadOnlyList<ImmutableArray<Tensor>> samples)
{
    private readonly Dictionary<string, Counted> _counted = new(StringComparer.Ordinal);

    /// <summary>Sum of each channel of a tensor that was counted, in a sample.</summary>
    public double[] this[string tensor, int sample] => _counted[tensor].Sums[sample];

    /// <summary>Sees to it that sums are known: the graph runs where they are not, or where other bounds would make other sums.</summary>
    /// <param name="bounds">By tensor, the magnitude up to which values of each channel count.</param>
    public void Count(IReadOnlyDictionary<string, double[]> bounds, CancellationToken cancellationToken)
    {
        string[] open = [.. bounds.Keys.Where(t => _counted.GetValueOrDefault(t)?.HoldsFor(bounds[t]) != true)];
        foreach (string tensor in open)
        {
            _counted[tensor] = new Counted(bounds[tensor], samples.Count);
        }

        using var viewer = new FloatViewer(graph, open);
        samples.ForEachParallel((sample, i) => viewer.Run(HeldSamples.Named(graph, sample), (tensor, values, plane) => _counted[tensor].Add(i, values, plane), cancellationToken), cancellationToken);
    }

    private sealed class Counted(double[] bounds, int samples)
    {
        /// <summary>Largest magnitude of each channel in each sample.</summary>
        private readonly double[][] _peaks = new double[samples][];

        public double[][] Sums { get; } = new double[samples][];

        /// <summary>True where other bounds cut off nothing else.</summary>
        public bool HoldsFor(double[] others) =>
            _peaks.All(peaks => !peaks.Where((p, c) => Math.Min(p, others[c]) != Math.Min(p, bounds[c])).Any());

        /// <param name="plane">Pixels of an image where channels come first; 0 where they come last.</param>
        public void Add(int sample, ReadOnlySpan<float> values, int plane)
        {
            var sums = new double[bounds.Length];
            var peaks = new double[bounds.Length];
            int run = Math.Max(plane, 1);
            int c = 0;
            for (int at = 0; at < values.Length; at += run)
            {
                (double sum, float peak) = Of(values.Slice(at, run), bounds[c]);
                sums[c] += sum;
                peaks[c] = Math.Max(peaks[c], peak);
                c = c + 1 == sums.Length ? 0 : c + 1;
            }

            (Sums[sample], _peaks[sample]) = (sums, peaks);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static (double Sum, float Peak) Of(ReadOnlySpan<float> values, double bound)
        {
            int width = Vector256<float>.Count;
            Vector256<double> most = Vector256.Create(bound);
            Vector256<double> even = Vector256<double>.Zero;
            Vector256<double> odd = Vector256<double>.Zero;
            Vector256<float> peaks = Vector256<float>.Zero;
            int i = 0;
            for (; i <= values.Length - width; i += width)
            {
                Vector256<float> v = Vector256.Create(values[i..]);
                peaks = Vector256.Max(peaks, Vector256.Abs(v));
                (Vector256<double> low, Vector256<double> high) = Vector256.Widen(v);
                even += Vector256.Min(Vector256.Max(low, -most), most);
                odd += Vector256.Min(Vector256.Max(high, -most), most);
            }

            double sum = Vector256.Sum(even + odd);
            float peak = 0;
            for (int k = 0; k < width; k++)
            {
                peak = Math.Max(peak, peaks[k]);
            }

            for (; i < values.Length; i++)
            {
                sum += Math.Clamp(values[i], -bound, bound);
                peak = Math.Max(peak, Math.Abs(values[i]));
            }

            return (sum, peak);
        }
    }
}
