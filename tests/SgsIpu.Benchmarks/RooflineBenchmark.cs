using SgsIpu.Engine;
using SgsIpu.Kernels;

namespace SgsIpu.Benchmarks;

/// <summary>Each node's time on one thread, and its multiply-accumulates a second over the most that the machine can do.</summary>
internal static class RooflineBenchmark
{
    private const int Images = 4;

    /// <summary>So many that the runtime has made its best code of every kernel in the first half of them.</summary>
    private const int Rounds = 300;

    /// <param name="format">ALL_UINT8 or ALL_INT16.</param>
    public static void Run(string name, string format)
    {
        BenchmarkModel network = BenchmarkModel.All.Single(m => m.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        IpuModel model = BenchmarkModel.Calibrate(network.Import(format), network.Photographs(Images));
        double peak = format == "ALL_INT16" ? MachinePeak.Shorts() : MachinePeak.Bytes();
        IReadOnlyList<NodeTiming> nodes = IpuEngine.TimeNodes(model, network.FirstInputs(model), Rounds);
        Console.WriteLine(FormattableString.Invariant($"{network.Name} {format}, one thread; peak {peak / 1e9:0} GMAC/s; kernels {KernelForms.CurrentProduct}"));
        foreach (NodeTiming node in nodes)
        {
            double rate = node.Cost.Macs / (node.Milliseconds / 1e3);
            string share = node.Cost.Macs > 0 ? FormattableString.Invariant($"{node.Cost.Macs / 1e6,8:0.00} MMAC {rate / 1e9,7:0.0} GMAC/s {100 * rate / peak,5:0.0} %") : FormattableString.Invariant($"{(node.Cost.ReadBytes + node.Cost.WrittenBytes) / (node.Milliseconds * 1e6),8:0.00} GB/s");
            Console.WriteLine(FormattableString.Invariant($"  {node.Milliseconds * 1e3,8:0.0} µs  {node.Operator,-18} {share,-36} {model.Graph[model.Graph.Nodes.Single(n => n.Name == node.Node).Outputs[0]]}"));
        }

        Console.WriteLine("by operator");
        foreach (IGrouping<string, NodeTiming> group in nodes.GroupBy(n => n.Operator).OrderByDescending(g => g.Sum(n => n.Milliseconds)))
        {
            double time = group.Sum(n => n.Milliseconds);
            double macs = group.Sum(n => n.Cost.Macs);
            Console.WriteLine(FormattableString.Invariant($"  {time,8:0.000} ms  {group.Key,-18} {group.Count(),3} nodes {macs / 1e6,8:0.0} MMAC {100 * macs / (time / 1e3) / peak,5:0.0} % of peak"));
        }

        Console.WriteLine(FormattableString.Invariant($"  {nodes.Sum(n => n.Milliseconds),8:0.000} ms  all; {100 * nodes.Sum(n => n.Cost.Macs) / (nodes.Sum(n => n.Milliseconds) / 1e3) / peak:0.0} % of peak"));
    }
}
