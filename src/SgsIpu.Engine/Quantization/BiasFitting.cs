using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SgsIpu.Core;
using SgsIpu.Engine.Compilation;
using SgsIpu.Engine.Quantization.Reconstruction;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// Gives back in the biases what rounding and cutting off take from the mean of each output channel, measured node after node on some
/// samples with everything before already corrected (Nagel et al., "Data-Free Quantization", 2019, appendix D: empirical correction).
/// </summary>
/// <param name="samples">Inputs of the graph, of each sample.</param>
internal sealed class BiasFitting(Graph graph, IReadOnlyList<ImmutableArray<Tensor>> samples)
{
    /// <summary>A mean of fewer values is no mean.</summary>
    private const int LeastValues = 64;

    private readonly RealSums _real = new(graph, samples);

    /// <param name="integers">The fixed graph with the float graph's own inputs.</param>
    /// <returns>Shifts of the biases by node and output channel.</returns>
    public Dictionary<string, double[]> Fit(Graph integers, CancellationToken cancellationToken)
    {
        Node[] nodes = [.. graph.Nodes.Where(n => IsFitted(integers, n))];
        Dictionary<string, double[]> bounds = nodes.ToDictionary(n => n.Outputs[0], n => Bounds(integers[Rounded(integers, n)!.Outputs[0]], graph[n.Outputs[0]].Shape[-1]), StringComparer.Ordinal);
        _real.Count(bounds, cancellationToken);
        Dictionary<string, string> fitted = nodes.ToDictionary(n => n.Name, n => n.Outputs[0], StringComparer.Ordinal);
        var inputs = new FixedInputs(graph, integers);
        integers = inputs.Behind(integers);
        var prepared = new PreparedGraph(integers, cancellationToken);
        MemoryPlan plan = MemoryPlanner.Plan(integers);
        PreparedGraph.Frame[] frames = [.. samples.Select(_ => prepared.NewFrame(plan))];
        frames.ForEachParallel(
            (frame, i) =>
            {
                foreach ((string tensor, Tensor value) in inputs.Of(samples[i]))
                {
                    value.Bytes.CopyTo(frame[tensor]);
                }
            },
            cancellationToken);
        var shifts = new Dictionary<string, double[]>(StringComparer.Ordinal);
        var missing = new double[frames.Length][];
        for (int k = 0; k < integers.Nodes.Length; k++)
        {
            int at = k;
            Node node = integers.Nodes[k];
            TensorSpec output = integers[node.Outputs[0]];
            string? real = fitted.GetValueOrDefault(node.Name);
            frames.ForEachParallel(
                (frame, i) =>
                {
                    prepared.RunNode(frame, at, 1);
                    missing[i] = real is null ? [] : Missing(_real[real, i], output, frame[output.Name]);
                },
                cancellationToken);
            if (real is not null && output.Shape.Count / output.Shape[-1] * frames.Length >= LeastValues)
            {
                // A convolution reads what it does not write, so that it may run again.
                double[] shift = shifts[node.Name] = [.. Enumerable.Range(0, output.Shape[-1]).Select(c => Shrunk([.. missing.Select(m => m[c])]))];
                prepared.ShiftBias(k, shift);
                frames.ForEachParallel((frame, _) => prepared.RunNode(frame, at, 1), cancellationToken);
            }
        }

        return shifts;
    }

    private bool IsFitted(Graph integers, Node node) =>
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

    /// <summary>What the mean of each channel of a sample lacks.</summary>
    /// <param name="real">Sums of the channels in real numbers.</param>
    private static double[] Missing(double[] real, TensorSpec output, ReadOnlySpan<byte> bytes)
    {
        QuantParam quant = output.Quant!;
        double pixels = (double)output.Shape.Count / real.Length;
        long[] sums = Sums(output.Type, bytes, real.Length);
        return [.. sums.Select((sum, c) => (real[c] / pixels) - (quant.Scale[quant.IsPerTensor ? 0 : c] * ((sum / pixels) - quant.ZeroOf(c))))];
    }

    /// <param name="type">UINT8 or INT16.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long[] Sums(DataType type, ReadOnlySpan<byte> bytes, int channels)
    {
        // So many rows that 32 bits hold the sums.
        const int Rows = 1 << 15;
        var sums = new long[channels];
        var part = new int[channels];
        ReadOnlySpan<short> words = type == DataType.UInt8 ? [] : MemoryMarshal.Cast<byte, short>(bytes);
        int length = type == DataType.UInt8 ? bytes.Length : words.Length;
        for (int first = 0; first < length; first += Rows * channels)
        {
            Array.Clear(part);
            for (int at = first; at < Math.Min(length, first + (Rows * channels)); at += channels)
            {
                if (words.IsEmpty)
                {
                    AddRow(bytes.Slice(at, channels), part);
                }
                else
                {
                    AddRow(words.Slice(at, channels), part);
                }
            }

            for (int c = 0; c < channels; c++)
            {
                sums[c] += part[c];
            }
        }

        return sums;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow(ReadOnlySpan<byte> row, Span<int> sums)
    {
        int c = 0;
        for (; c <= row.Length - Vector128<byte>.Count; c += Vector128<byte>.Count)
        {
            (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(Vector128.Create(row[c..]));
            Add(lower.AsInt16(), sums[c..]);
            Add(upper.AsInt16(), sums[(c + Vector128<ushort>.Count)..]);
        }

        for (; c < row.Length; c++)
        {
            sums[c] += row[c];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow(ReadOnlySpan<short> row, Span<int> sums)
    {
        int c = 0;
        for (; c <= row.Length - Vector128<short>.Count; c += Vector128<short>.Count)
        {
            Add(Vector128.Create(row[c..]), sums[c..]);
        }

        for (; c < row.Length; c++)
        {
            sums[c] += row[c];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector128<short> values, Span<int> sums)
    {
        (Vector128<int> lower, Vector128<int> upper) = Vector128.Widen(values);
        (Vector128.Create<int>(sums) + lower).CopyTo(sums);
        Span<int> next = sums[Vector128<int>.Count..];
        (Vector128.Create<int>(next) + upper).CopyTo(next);
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
