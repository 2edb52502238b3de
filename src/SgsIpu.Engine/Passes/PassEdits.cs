using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Passes;

/// <summary>Edits that several passes make.</summary>
internal static class PassEdits
{
    /// <summary>
    /// Makes the readers of <paramref name="tensor"/> read <paramref name="source"/>, which holds the same values; a graph output keeps its name.
    /// False where the graph output must stay a tensor of its own.
    /// </summary>
    public static bool TryBypass(this GraphEditor editor, string tensor, string source)
    {
        if (!editor.Outputs.Contains(tensor))
        {
            editor.ReplaceUses(tensor, source);
            return true;
        }

        if (editor.Producer(source) is null || editor.Outputs.Contains(source))
        {
            return false;
        }

        editor.ReplaceUses(tensor, source);
        editor.SwapNames(tensor, source);
        return true;
    }

    /// <summary>
    /// Replaces the computation of <paramref name="output"/> by one new node of the same name and shape; nodes that only fed the old one die.
    /// </summary>
    public static void Recompute(this GraphEditor editor, string output, Operator op, params ReadOnlySpan<string> inputs)
    {
        Node old = editor.Producer(output)!;
        editor.ReplaceNode(old, new Node(old.Name, op, [.. inputs], [output]));
    }

    /// <summary>The single value of a constant tensor of one element, else null.</summary>
    public static float? ScalarOf(this GraphEditor editor, string tensor) =>
        tensor.Length > 0 && editor[tensor] is { Constant: { Count: 1 } value } ? value.ToFloats()[0] : null;

    /// <summary>The values along the last dimension of a constant that does not vary along any other, repeated to <paramref name="channels"/>; else null.</summary>
    public static float[]? PerChannel(this GraphEditor editor, string tensor, int channels)
    {
        if (editor[tensor].Constant is not { Type: DataType.Float32 } value || (value.Count != 1 && (value.Count != channels || value.Shape[-1] != channels)))
        {
            return null;
        }

        float[] values = value.ToFloats();
        return values.Length == channels ? values : [.. Enumerable.Repeat(values[0], channels)];
    }

    /// <summary>The permutation q with <c>transpose(transpose(x, p), q) = x</c>.</summary>
    public static ImmutableArray<int> Inverse(ImmutableArray<int> permutation)
    {
        var inverse = new int[permutation.Length];
        for (int i = 0; i < inverse.Length; i++)
        {
            inverse[permutation[i]] = i;
        }

        return [.. inverse];
    }

    /// <summary>True where the transpose leaves every element where it is in memory: it only moves dimensions of size 1.</summary>
    public static bool KeepsOrder(Shape shape, ImmutableArray<int> permutation) =>
        permutation.Where(d => shape[d] != 1).ToArray() is var moved && moved.SequenceEqual(moved.Order());
}
