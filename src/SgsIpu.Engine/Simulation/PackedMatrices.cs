using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Simulation;

/// <summary>
/// ONNX Runtime packs the constant matrices of products, which saves packing them at every run, and takes as much memory again. A product
/// with a single row needs no packing: it reads each weight once.
/// </summary>
internal static class PackedMatrices
{
    /// <summary>Networks with less than this in matrices for single rows are left as they are.</summary>
    private const long LeastBytes = 32 << 20;

    /// <summary>False where most constants but those of convolutions are matrices that meet single rows.</summary>
    public static bool Pay(Graph graph)
    {
        long single = 0;
        long others = 0;
        foreach (Node node in graph.Nodes.Where(n => n.Op is not ImageConvolutionOp))
        {
            long bytes = node.Inputs.Where(i => i.Length > 0 && graph[i].IsConstant).Sum(i => graph[i].ByteCount);
            bool meetsRow = node.Op is FullyConnectedOp && graph[node.Inputs[0]].Shape is var x && x.Count == x[-1];
            (single, others) = meetsRow ? (single + bytes, others) : (single, others + bytes);
        }

        return single < LeastBytes || single < others;
    }
}
