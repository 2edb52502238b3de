using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Passes;

/// <summary>
/// Exchanges a reshape with the transpose before it, where the reshape only merges and splits dimensions that lie together on both
/// sides of the transpose: reshape(transpose(x)) = transpose'(reshape'(x)).
/// </summary>
internal static class TransposedReshape
{
    public static void TrySink(GraphEditor editor, Node reshape)
    {
        if (editor.Producer(reshape.Inputs[0]) is not { Op: TransposeOp transpose } producer)
        {
            return;
        }

        string source = producer.Inputs[0];
        string output = reshape.Outputs[0];
        Shape target = editor[output].Shape;
        if (Plan(editor[source].Shape, transpose.Permutation, target) is not { } plan)
        {
            return;
        }

        if (PassEdits.KeepsOrder(plan.Shape, plan.Permutation))
        {
            editor.ReplaceNode(reshape, reshape with { Op = new ReshapeOp(target), Inputs = [source] });
            return;
        }

        string sunk = editor.FreshName(output + "/sunk");
        editor.AddTensor(editor[output] with { Name = sunk, Shape = plan.Shape });
        editor.ReplaceNode(reshape, reshape with { Op = new ReshapeOp(plan.Shape), Inputs = [source], Outputs = [sunk] });
        editor.AddNode(output + "/transpose", new TransposeOp(plan.Permutation), [sunk], [output]);
        if (!editor.Outputs.Contains(output))
        {
            editor.SwapNames(output, sunk);
        }
    }

    /// <summary>The shape to reshape the source to, and the permutation that follows; null where the two do not exchange.</summary>
    private static (Shape Shape, ImmutableArray<int> Permutation)? Plan(Shape source, ImmutableArray<int> permutation, Shape target)
    {
        if (source.Count == 0)
        {
            return null;
        }

        // Dimensions of size 1 do not matter for the order in memory; in the target they travel with the group after them.
        int[] before = [.. permutation.Where(d => source[d] != 1)];
        var groupOf = new int[target.Rank];
        var groups = new List<int[]>();
        int from = 0;
        int to = 0;
        while (from < before.Length)
        {
            int start = from;
            long left = source[before[from++]];
            long right = 1;
            while (left != right)
            {
                if (right < left)
                {
                    right *= target[to];
                    groupOf[to++] = groups.Count;
                }
                else if (from < before.Length)
                {
                    left *= source[before[from++]];
                }
                else
                {
                    return null;
                }
            }

            int[] group = before[start..from];
            int[] between = [.. Enumerable.Range(group.Min(), group.Max() - group.Min() + 1).Where(d => source[d] != 1)];
            if (!group.SequenceEqual(between))
            {
                return null;
            }

            groups.Add(group);
        }

        for (; to < target.Rank; to++)
        {
            groupOf[to] = Math.Max(0, groups.Count - 1);
        }

        // Groups in the order in which they lie in the source.
        int[] order = [.. Enumerable.Range(0, Math.Max(1, groups.Count)).OrderBy(g => groups.Count == 0 ? 0 : groups[g][0])];
        int[] dimensions = [.. order.SelectMany(g => Enumerable.Range(0, target.Rank).Where(d => groupOf[d] == g))];
        return (new Shape([.. dimensions.Select(d => target[d])]), PassEdits.Inverse([.. dimensions]));
    }
}
