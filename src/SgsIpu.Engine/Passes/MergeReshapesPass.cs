using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Passes;

/// <summary>Makes one reshape of several in a row, and a reshape of a transpose that moves nothing in memory.</summary>
internal sealed class MergeReshapesPass : IPass
{
    public void Run(GraphEditor editor)
    {
        editor.Sort();
        foreach (string name in editor.Nodes.Select(n => n.Name).ToArray())
        {
            Node node = editor.NodeNamed(name);
            if (node.Op is TransposeOp transpose && PassEdits.KeepsOrder(editor[node.Inputs[0]].Shape, transpose.Permutation))
            {
                node = node with { Op = new ReshapeOp(editor[node.Outputs[0]].Shape) };
                editor.ReplaceNode(editor.NodeNamed(name), node);
            }

            if (node.Op is not ReshapeOp)
            {
                continue;
            }

            if (editor.Producer(node.Inputs[0]) is { Op: ReshapeOp } first)
            {
                node = node with { Inputs = first.Inputs };
                editor.ReplaceNode(editor.NodeNamed(name), node);
            }

            if (editor[node.Inputs[0]].Shape == editor[node.Outputs[0]].Shape)
            {
                editor.TryBypass(node.Outputs[0], node.Inputs[0]);
            }
        }
    }
}
