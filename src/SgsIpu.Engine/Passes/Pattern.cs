using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Passes;

/// <summary>Recognizes what computes a tensor. Constants match within the rounding of single precision.</summary>
internal readonly struct Pattern(GraphEditor editor)
{
    private const float Tolerance = 1e-5f;

    /// <summary>The node of the given operator that computes a tensor which nothing else reads; null otherwise.</summary>
    public Node? Inner<T>(string tensor)
        where T : IpuOperator
        => editor.HasSingleUse(tensor) ? Producer<T>(tensor) : null;

    /// <summary>The node of the given operator that computes a tensor.</summary>
    public Node? Producer<T>(string tensor)
        where T : IpuOperator
        => editor.Producer(tensor) is { Op: T } node ? node : null;

    /// <summary>True for a constant of one value near <paramref name="value"/>.</summary>
    public bool IsScalar(string tensor, float value) => editor.ScalarOf(tensor) is { } found && Math.Abs(found - value) <= Tolerance * Math.Max(1, Math.Abs(value));

    /// <summary>The other operand of a commutative node with one constant operand near <paramref name="value"/>; null otherwise.</summary>
    public string? Beside(Node? node, float value)
    {
        if (node is not { Inputs: [var a, var b] })
        {
            return null;
        }

        return IsScalar(b, value) ? a : IsScalar(a, value) ? b : null;
    }

    /// <summary>What is multiplied by <paramref name="factor"/> (or divided by its inverse) to give a tensor; null otherwise.</summary>
    public string? Scaled(string tensor, float factor) =>
        Beside(Inner<MulOp>(tensor), factor) ?? (Inner<DivOp>(tensor) is { } division && IsScalar(division.Inputs[1], 1 / factor) ? division.Inputs[0] : null);

    /// <summary>As <see cref="Scaled"/>, for a node itself.</summary>
    public string? ScaledBy(Node node, float factor) => node.Op switch
    {
        MulOp => Beside(node, factor),
        DivOp when IsScalar(node.Inputs[1], 1 / factor) => node.Inputs[0],
        _ => null,
    };

    /// <summary>Both operands of a product, in both orders.</summary>
    public static IEnumerable<(string First, string Second)> Orders(Node node) => [(node.Inputs[0], node.Inputs[1]), (node.Inputs[1], node.Inputs[0])];
}
