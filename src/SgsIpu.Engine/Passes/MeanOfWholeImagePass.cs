using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Passes;

/// <summary>
/// The average under a window that covers the whole image is a mean. A pooling keeps its input's scale; the mean of many values is much
/// smaller than the largest of them, and has a scale of its own.
/// </summary>
internal sealed class MeanOfWholeImagePass : IPass
{
    public void Run(GraphEditor editor)
    {
        foreach (Node node in editor.Nodes.Where(n => n.Op is AveragePool2DOp pool && IsWhole(pool, editor[n.Inputs[0]].Shape, editor[n.Outputs[0]].Shape)).ToArray())
        {
            editor.ReplaceNode(node, node with { Op = new ReduceOp(ReduceKind.Mean, [1, 2]) });
        }
    }

    private static bool IsWhole(AveragePool2DOp pool, Shape image, Shape mean) =>
        pool is { DilationH: 1, DilationW: 1 } && mean[1] == 1 && mean[2] == 1
        && pool.KernelH - pool.PadTop >= image[1] && pool.KernelW - pool.PadLeft >= image[2]
        && (!pool.CountIncludePad || (pool.KernelH == image[1] && pool.KernelW == image[2]));
}
