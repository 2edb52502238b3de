using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Passes;

/// <summary>
/// TensorFlow's dilated convolutions were once three operators: pixels that a window reads together are brought side by side in the batch, a
/// convolution without dilation runs over them, and the pixels are brought back. One convolution with dilation computes the same.
/// </summary>
internal sealed class FoldDilationPass : IPass
{
    public void Run(GraphEditor editor)
    {
        editor.Sort();
        foreach (Node back in editor.Nodes.Where(n => n.Op is BatchToSpaceOp { Block.Length: 2 }))
        {
            TryFold(editor, back);
        }
    }

    private static void TryFold(GraphEditor editor, Node back)
    {
        var crop = (BatchToSpaceOp)back.Op;
        List<Node> between = [];
        string at = back.Inputs[0];
        while (editor.HasSingleUse(at) && editor.Producer(at) is { Op: AddOp or SubOp or MulOp or ClipOp } step && IsByChannel(editor, step))
        {
            between.Add(step);
            at = step.Inputs[0];
        }

        bool plain = editor.HasSingleUse(at) && editor.Producer(at) is { Op: Conv2DOp or DepthwiseConv2DOp } found
            && found.Op is ImageConvolutionOp { StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, PadTop: 0, PadBottom: 0, PadLeft: 0, PadRight: 0 }
            && editor.HasSingleUse(found.Inputs[0]);
        if (!plain || editor.Producer(at) is not { } convolution || editor.Producer(convolution.Inputs[0]) is not { Op: SpaceToBatchOp { Block.Length: 2 } space } apart
            || !space.Block.SequenceEqual(crop.Block))
        {
            return;
        }

        // What is cut off the output need not be computed; padding cannot be less than none.
        int[] before = [space.Before[0] - crop.Before[0], space.Before[1] - crop.Before[1]];
        int[] after = [space.After[0] - crop.After[0], space.After[1] - crop.After[1]];
        if (before.Concat(after).Any(p => p < 0))
        {
            return;
        }

        ImageConvolutionOp dilated = (ImageConvolutionOp)convolution.Op with
        {
            DilationH = space.Block[0],
            DilationW = space.Block[1],
            PadTop = before[0],
            PadBottom = after[0],
            PadLeft = before[1],
            PadRight = after[1],
        };
        Shape result = editor[back.Outputs[0]].Shape;
        editor.ReplaceNode(convolution, convolution with { Op = dilated, Inputs = convolution.Inputs.SetItem(0, apart.Inputs[0]) });
        foreach (string tensor in between.Select(n => n.Outputs[0]).Append(at))
        {
            editor.SetTensor(editor[tensor] with { Shape = result });
        }

        _ = editor.TryBypass(back.Outputs[0], back.Inputs[0]);
    }

    /// <summary>True for an operator whose other operand, if any, is the same at each pixel.</summary>
    private static bool IsByChannel(GraphEditor editor, Node node) =>
        node.Inputs.Length == 1 || (node.Inputs.Length == 2 && editor.PerChannel(node.Inputs[1], editor[node.Outputs[0]].Shape[-1]) is not null);
}
