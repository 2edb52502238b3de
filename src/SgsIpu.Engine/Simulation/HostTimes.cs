using System.Diagnostics;
using SgsIpu.Core;

namespace SgsIpu.Engine.Simulation;

/// <summary>Times the nodes of a fixed graph on this machine, one thread, over inputs of zeros: the time of integers does not depend on their values.</summary>
internal static class HostTimes
{
    /// <summary>Median milliseconds of each node over some runs, after one that warms up.</summary>
    public static double[] Of(Graph graph, int runs, CancellationToken cancellationToken)
    {
        var prepared = new PreparedGraph(graph, cancellationToken);
        PreparedGraph.Frame frame = prepared.NewFrame(Compilation.MemoryPlanner.Plan(graph));
        double[][] times = [.. graph.Nodes.Select(_ => new double[runs])];
        for (int run = -1; run < runs; run++)
        {
            for (int n = 0; n < graph.Nodes.Length; n++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                long start = Stopwatch.GetTimestamp();
                prepared.RunNode(frame, n, 1);
                if (run >= 0)
                {
                    times[n][run] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                }
            }
        }

        return [.. times.Select(t => t.Order().ElementAt(t.Length / 2))];
    }
}
