using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Passes;

/// <summary>
/// Makes one operator of a tensor times a gate of itself: x · sigmoid(x) is SiLU, x · hardsigmoid(x) is HardSwish, also where exporters
/// write the latter as x · clip(x + 3, 0, 6) / 6. One table then does what three roundings did.
/// </summary>
internal sealed class FuseGatesPass : IPass
{
    private const float Sixth = 1 / 6f;

    public void Run(GraphEditor editor)
    {
        editor.Sort();
        var pattern = new Pattern(editor);
        foreach (string name in editor.Nodes.Where(n => n.Op is MulOp or DivOp).Select(n => n.Name).ToArray())
        {
            if (!editor.HasNode(name))
            {
                continue;
            }

            Node node = editor.NodeNamed(name);
            if (Gated(pattern, node) is { } found)
            {
                editor.Recompute(node.Outputs[0], found.Op, found.Input);
            }
        }
    }

    private static (IpuOperator Op, string Input)? Gated(Pattern pattern, Node node)
    {
        if (node.Op is MulOp)
        {
            foreach ((string x, string gate) in Pattern.Orders(node))
            {
                if (pattern.Inner<SigmoidOp>(gate) is { } sigmoid && sigmoid.Inputs[0] == x)
                {
                    return (new SiluOp(), x);
                }

                bool hard = pattern.Inner<HardSigmoidOp>(gate) is { Op: HardSigmoidOp { Beta: 0.5f } op } h && h.Inputs[0] == x && Math.Abs(op.Alpha - Sixth) < 1e-5f;
                if (hard || (pattern.Scaled(gate, Sixth) is { } six && IsSixGate(pattern, six, x)))
                {
                    return (new HardSwishOp(), x);
                }
            }
        }

        // (x · clip(x + 3, 0, 6)) / 6, or (x / 6) · clip(x + 3, 0, 6).
        if (pattern.ScaledBy(node, Sixth) is { } product && pattern.Inner<MulOp>(product) is { } inner)
        {
            foreach ((string x, string gate) in Pattern.Orders(inner))
            {
                if (IsSixGate(pattern, gate, x))
                {
                    return (new HardSwishOp(), x);
                }
            }
        }

        return null;
    }

    private static bool IsSixGate(Pattern pattern, string gate, string x) =>
        pattern.Inner<ClipOp>(gate) is { Op: ClipOp { Min: 0, Max: 6 } } clip && pattern.Beside(pattern.Inner<AddOp>(clip.Inputs[0]), 3) == x;
}
