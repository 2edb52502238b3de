using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Passes;

/// <summary>Drops nodes that change nothing: identities, casts to the same type, reshapes to the same shape, clips without limits.</summary>
internal sealed class RemoveIdentitiesPass : IPass
{
    public void Run(GraphEditor editor)
    {
        editor.Sort();
        foreach (Node node in editor.Nodes)
        {
            Node current = editor.NodeNamed(node.Name);
            if (current.Inputs.Length > 0 && current.Inputs[0].Length > 0 && IsIdentity(editor, current))
            {
                editor.TryBypass(current.Outputs[0], current.Inputs[0]);
            }
        }
    }

    private static bool IsIdentity(GraphEditor editor, Node node)
    {
        TensorSpec x = editor[node.Inputs[0]];
        TensorSpec y = editor[node.Outputs[0]];
        bool same = x.Shape == y.Shape && x.Type == y.Type;
        return node.Op switch
        {
            IdentityOp => true,
            CastOp or ReshapeOp or SliceOp or ExpandOp => same,
            ConcatOp => node.Inputs.Length == 1,
            ClipOp clip => float.IsNegativeInfinity(clip.Min) && float.IsPositiveInfinity(clip.Max),
            TransposeOp transpose => transpose.Permutation.SequenceEqual(Enumerable.Range(0, x.Shape.Rank)),
            _ => false,
        };
    }
}
