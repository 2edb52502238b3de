using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Passes;

/// <summary>Makes GELU of x · (1 + erf(x / √2)) / 2, in whatever order the three factors are multiplied.</summary>
internal sealed class FuseGeluPass : IPass
{
    private static readonly float RootHalf = MathF.Sqrt(0.5f);

    public void Run(GraphEditor editor)
    {
        editor.Sort();
        var pattern = new Pattern(editor);
        foreach (Node node in editor.Nodes.Where(n => n.Op is MulOp))
        {
            Node current = editor.NodeNamed(node.Name);
            if (Argument(pattern, current) is { } x)
            {
                editor.Recompute(current.Outputs[0], new GeluOp(), x);
            }
        }
    }

    private static string? Argument(Pattern pattern, Node node)
    {
        // (x · gate) · ½
        if (pattern.ScaledBy(node, 0.5f) is { } product && pattern.Inner<MulOp>(product) is { } inner)
        {
            foreach ((string x, string gate) in Pattern.Orders(inner))
            {
                if (IsGate(pattern, gate, x))
                {
                    return x;
                }
            }
        }

        // (½ · x) · gate, x · (½ · gate)
        foreach ((string first, string second) in Pattern.Orders(node))
        {
            if (pattern.Scaled(first, 0.5f) is { } x && IsGate(pattern, second, x))
            {
                return x;
            }

            if (pattern.Scaled(second, 0.5f) is { } gate && IsGate(pattern, gate, first))
            {
                return first;
            }
        }

        return null;
    }

    private static bool IsGate(Pattern pattern, string gate, string x) =>
        pattern.Beside(pattern.Inner<AddOp>(gate), 1) is { } erf && pattern.Inner<ErfOp>(erf) is { } node && pattern.Scaled(node.Inputs[0], RootHalf) == x;
}
