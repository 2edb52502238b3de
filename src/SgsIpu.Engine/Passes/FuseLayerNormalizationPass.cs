using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Passes;

/// <summary>
/// Makes one operator of a layer normalization over the last dimension that an exporter wrote out:
/// (x − mean(x)) / sqrt(mean((x − mean(x))²) + ε), then scale and bias where they follow. In integers the parts lose far more than the whole.
/// </summary>
internal sealed class FuseLayerNormalizationPass : IPass
{
    public void Run(GraphEditor editor)
    {
        editor.Sort();
        var pattern = new Pattern(editor);
        foreach (Node node in editor.Nodes.Where(n => n.Op is DivOp))
        {
            Node division = editor.NodeNamed(node.Name);
            if (Match(editor, pattern, division) is { } found)
            {
                Fuse(editor, division.Outputs[0], found.Input, found.Epsilon);
            }
        }
    }

    private static (string Input, float Epsilon)? Match(GraphEditor editor, Pattern pattern, Node division)
    {
        if (pattern.Producer<SubOp>(division.Inputs[0]) is not { } difference
            || !IsMeanOf(editor, pattern.Inner<ReduceOp>(difference.Inputs[1]), difference.Inputs[0])
            || pattern.Inner<SqrtOp>(division.Inputs[1]) is not { } root
            || pattern.Inner<AddOp>(root.Inputs[0]) is not { } sum)
        {
            return null;
        }

        foreach ((string variance, string constant) in Pattern.Orders(sum))
        {
            if (editor.ScalarOf(constant) is { } epsilon && pattern.Inner<ReduceOp>(variance) is { } mean
                && IsMeanOf(editor, mean, mean.Inputs[0]) && IsSquareOf(pattern, mean.Inputs[0], difference.Outputs[0]))
            {
                return (difference.Inputs[0], epsilon);
            }
        }

        return null;
    }

    /// <summary>True for a mean over the last dimension, which it keeps.</summary>
    private static bool IsMeanOf(GraphEditor editor, Node? node, string tensor) =>
        node?.Op is ReduceOp { Kind: ReduceKind.Mean, KeepDims: true, Axes: [var axis] } && node.Inputs[0] == tensor
        && editor[tensor].Shape is var shape && shape.Axis(axis) == shape.Rank - 1;

    private static bool IsSquareOf(Pattern pattern, string square, string tensor) =>
        (pattern.Inner<PowOp>(square) is { } power && power.Inputs[0] == tensor && (((PowOp)power.Op).Exponent == 2 || (power.Inputs.Length > 1 && pattern.IsScalar(power.Inputs[1], 2))))
        || (pattern.Inner<MulOp>(square) is { Inputs: [var a, var b] } && a == tensor && b == tensor);

    /// <summary>Replaces the division, or the scale and bias that follow it.</summary>
    private static void Fuse(GraphEditor editor, string normalized, string input, float epsilon)
    {
        int width = editor[input].Shape[-1];
        string output = normalized;
        float[]? scale = Follow<MulOp>(editor, ref output, width);
        float[]? bias = Follow<AddOp>(editor, ref output, width);
        string[] parameters =
        [
            editor.AddConstant(output + "/scale", Tensor.FromArray<float>(scale ?? [.. Enumerable.Repeat(1f, width)], width)),
            .. bias is null ? Array.Empty<string>() : [editor.AddConstant(output + "/bias", Tensor.FromArray<float>(bias, width))],
        ];
        editor.Recompute(output, new LayerNormalizationOp(-1, epsilon), [input, .. parameters]);
    }

    /// <summary>Steps over the only reader of a tensor where that combines it with constants of the last dimension, which are returned.</summary>
    private static float[]? Follow<T>(GraphEditor editor, ref string tensor, int width)
        where T : IpuOperator
    {
        string current = tensor;
        if (!editor.HasSingleUse(current) || editor.Consumers(current)[0] is not { Op: T } next
            || editor.PerChannel(next.Inputs.First(i => i != current), width) is not { } values)
        {
            return null;
        }

        tensor = next.Outputs[0];
        return values;
    }
}
