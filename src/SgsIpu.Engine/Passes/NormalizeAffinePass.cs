using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Passes;

/// <summary>Writes subtraction of and division by constants as addition and multiplication, and puts the constant second.</summary>
internal sealed class NormalizeAffinePass : IPass
{
    public void Run(GraphEditor editor)
    {
        foreach (Node node in editor.Nodes)
        {
            if (node.Inputs.Length != 2 || node.Inputs.Any(i => i.Length == 0 || editor[i].Type != DataType.Float32))
            {
                continue;
            }

            Tensor? right = editor[node.Inputs[1]].Constant;
            switch (node.Op)
            {
                case SubOp when right is not null:
                    Rewrite(editor, node, new AddOp(), right, static v => -v);
                    break;
                case DivOp when right is not null && right.ToFloats().All(v => v != 0 && float.IsFinite(1 / v)):
                    Rewrite(editor, node, new MulOp(), right, static v => 1 / v);
                    break;
                case AddOp or MulOp when right is null && editor[node.Inputs[0]].IsConstant:
                    editor.ReplaceNode(node, node with { Inputs = [node.Inputs[1], node.Inputs[0]] });
                    break;
            }
        }
    }

    private static void Rewrite(GraphEditor editor, Node node, Operator op, Tensor right, Func<float, float> map)
    {
        float[] values = [.. right.ToFloats().Select(map)];
        string constant = editor.AddConstant(node.Inputs[1], Tensor.FromArray<float>(values, right.Shape));
        editor.ReplaceNode(node, node with { Op = op, Inputs = [node.Inputs[0], constant] });
    }
}
