using System.Collections.Immutable;
using System.Diagnostics;
using SgsIpu.Core;
using SgsIpu.Engine.Compilation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Simulation;

/// <summary>Times each node of a graph of integers, in the order and the memory of a run.</summary>
internal static class NodeTimer
{
    public static ImmutableArray<NodeTiming> Time(Graph graph, IReadOnlyDictionary<string, Tensor> inputs, int rounds, int threads, CancellationToken cancellationToken)
    {
        ModelInputs.Check(graph, inputs);
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        var prepared = new PreparedGraph(graph, cancellationToken);
        PreparedGraph.Frame frame = prepared.NewFrame(MemoryPlanner.Plan(graph));
        double[][] times = [.. graph.Nodes.Select(_ => new double[rounds])];
        for (int round = 0; round < rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (string name in graph.Inputs)
            {
                inputs[name].Bytes.CopyTo(frame[name]);
            }

            for (int i = 0; i < times.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                prepared.RunNode(frame, i, threads);
                times[i][round] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }

        return [.. graph.Nodes.Select((n, i) => new NodeTiming(n.Name, n.Op.Name, ((IpuOperator)n.Op).Cost([.. graph.InputsOf(n)], [.. graph.OutputsOf(n)]), Median(times[i])))];
    }

    private static double Median(double[] times)
    {
        Array.Sort(times);
        return times[times.Length / 2];
    }
}
