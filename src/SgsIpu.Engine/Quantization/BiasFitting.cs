using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Engine.Quantization.Reconstruction;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Gives back in the biases what rounding and cutting off take from the mean of each output channel, measured node after node on the held
/// samples with everything before already corrected (Nagel et al., "Data-Free Quantization", 2019, appendix D: empirical correction).
/// </summary>
internal static class BiasFitting
{
    /// <summary>A mean of fewer values is no mean.</summary>
    private const int LeastValues = 64;

    /// <param name="graph">The float graph.</param>
    /// <param name="integers">The fixed graph with the float graph's own inputs.</param>
    /// <returns>Shifts of the biases by node and output channel.</returns>
    public static Dictionary<string, double[]> Fit(Graph graph, Graph integers, HeldSamples held, CancellationToken cancellationToken)
    {
        Node[] nodes = [.. graph.Nodes.Where(n => IsFitted(graph, integers, n))];
        string[] tensors = [.. nodes.Select(n => n.Outputs[0])];
        double[][] bounds = [.. nodes.Select(n => Bounds(integers[Rounded(integers, n)!.Outputs[0]], graph[n.Outputs[0]].Shape[-1]))];
        IReadOnlyList<ImmutableArray<Tensor>> samples = held.Samples;
        Dictionary<string, int> fitted = nodes.Select((n, i) => (n.Name, i)).ToDictionary(p => p.Name, p => p.i, StringComparer.Ordinal);
        double[][][] means = [.. samples.Select(_ => new double[nodes.Length][])];
        using (var viewer = new FloatViewer(graph, tensors))
        {
            samples.ForEachParallel(
                (sample, i) => viewer.Run(
                    HeldSamples.Named(graph, sample),
                    (tensor, values, plane) =>
                    {
                        int k = Array.IndexOf(tensors, tensor);
                        means[i][k] = Sums(values, plane, bounds[k]);
                    },
                    cancellationToken),
                cancellationToken);
        }

        var inputs = new FixedInputs(graph, integers);
        integers = inputs.Behind(integers);
        var prepared = new PreparedGraph(integers, cancellationToken);
        PreparedGraph.Frame[] frames = [.. samples.Select(_ => prepared.NewFrame(static t => new byte[t.ByteCount]))];
        for (int i = 0; i < frames.Length; i++)
        {
            foreach ((string tensor, Tensor value) in inputs.Of(samples[i]))
            {
                value.Bytes.CopyTo(frames[i][tensor]);
            }
        }

        var shifts = new Dictionary<string, double[]>(StringComparer.Ordinal);
        for (int k = 0; k < integers.Nodes.Length; k++)
        {
            Node node = integers.Nodes[k];
            int at = k;
            frames.ForEachParallel((frame, _) => prepared.RunNode(frame, at, 1), cancellationToken);
            if (fitted.TryGetValue(node.Name, out int position) && Shift(integers, node, frames, [.. means.Select(m => m[position])]) is { } shift)
            {
                shifts[node.Name] = shift;
                prepared.ShiftBias(k, shift);
                frames.ForEachParallel((frame, _) => prepared.RunNode(frame, at, 1), cancellationToken);
            }
        }

        return shifts;
    }

    private static bool IsFitted(Graph graph, Graph integers, Node node) =>
        ((IpuOperator)node.Op).Quantize(graph.InputsOf(node)) is { Class: QuantClass.Convolution, Weight: >= 0, Bias: >= 0 } rule
        && node.Inputs.Length > rule.Bias && node.Inputs[rule.Bias].Length > 0
        && Rounded(integers, node) is { } rounded && integers[rounded.Outputs[0]].Quant is not null;

    private static Node? Rounded(Graph integers, Node node) => integers.Nodes.FirstOrDefault(n => n.Name == node.Name);

    /// <summary>
    /// How far real values of each channel count: as far as 16 bits hold them. These cover all that was seen, but for what the function behind, a
    /// sigmoid curve, no longer tells apart: that is meant to be missing. What 8 bits cut off is given back.
    /// </summary>
    private static double[] Bounds(TensorSpec output, int channels)
    {
        var bounds = new double[channels];
        ImmutableArray<double> scale = output.Quant!.Scale;
        for (int c = 0; c < channels; c++)
        {
            bounds[c] = output.Type == DataType.Int16 ? short.MaxValue * scale[scale.Length == 1 ? 0 : c] : double.PositiveInfinity;
        }

        return bounds;
    }

    /// <summary>Sum of each channel.</summary>
    /// <param name="plane">Pixels of an image where channels come first; 0 where they come last.</param>
    private static double[] Sums(ReadOnlySpan<float> values, int plane, double[] bounds)
    {
        var sums = new double[bounds.Length];
        int run = Math.Max(plane, 1);
        int c = 0;
        for (int at = 0; at < values.Length; at += run)
        {
            double bound = bounds[c];
            double sum = 0;
            foreach (float value in values.Slice(at, run))
            {
                sum += Math.Clamp(value, -bound, bound);
            }

            sums[c] += sum;
            c = c + 1 == sums.Length ? 0 : c + 1;
        }

        return sums;
    }

    private static double[] Sums<T>(ReadOnlySpan<T> values, int channels)
        where T : struct, IBinaryInteger<T>
    {
        var sums = new long[channels];
        for (int row = 0; row < values.Length; row += channels)
        {
            ReadOnlySpan<T> pixel = values.Slice(row, channels);
            for (int c = 0; c < sums.Length; c++)
            {
                sums[c] += long.CreateTruncating(pixel[c]);
            }
        }

        return [.. sums.Select(s => (double)s)];
    }

    private static double[]? Shift(Graph integers, Node node, PreparedGraph.Frame[] frames, double[][] real)
    {
        TensorSpec output = integers[node.Outputs[0]];
        int channels = output.Shape[-1];
        long values = output.Shape.Count / channels * frames.Length;
        if (values < LeastValues)
        {
            return null;
        }

        QuantParam quant = output.Quant!;
        double pixels = (double)output.Shape.Count / channels;
        var missing = new double[frames.Length][];
        for (int i = 0; i < frames.Length; i++)
        {
            Span<byte> bytes = frames[i][output.Name];
            double[] sums = output.Type == DataType.UInt8 ? Sums<byte>(bytes, channels) : Sums<short>(MemoryMarshal.Cast<byte, short>(bytes), channels);
            missing[i] = [.. sums.Select((sum, c) => (real[i][c] / pixels) - (quant.Scale[quant.IsPerTensor ? 0 : c] * ((sum / pixels) - quant.ZeroPoint)))];
        }

        return [.. Enumerable.Range(0, channels).Select(c => Shrunk([.. missing.Select(m => m[c])]))];
    }

    /// <summary>
    /// The mean of what the samples miss, less what chance alone may make of it: few samples know a mean only so well (James and Stein,
    /// "Estimation with Quadratic Loss", 1961, positive part).
    /// </summary>
    internal static double Shrunk(double[] missing)
    {
        double mean = missing.Average();
        double variance = missing.Length == 1 ? 0 : missing.Sum(m => (m - mean) * (m - mean)) / (missing.Length * (missing.Length - 1.0));
        return mean == 0 ? 0 : mean * Math.Max(0, 1 - (variance / (mean * mean)));
    }
}
