using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Passes;

/// <summary>
/// Folds a multiplication or addition of per-channel constants after a convolution (an unfolded batch normalization, a scale layer)
/// into its weights and bias.
/// </summary>
internal sealed class FoldAffineIntoConvolutionPass : IPass
{
    public void Run(GraphEditor editor)
    {
        editor.Sort();
        foreach (string name in editor.Nodes.Select(n => n.Name).ToArray())
        {
            if (editor.HasNode(name))
            {
                TryFold(editor, editor.NodeNamed(name));
            }
        }
    }

    private static void TryFold(GraphEditor editor, Node affine)
    {
        if (affine.Op is not (MulOp or AddOp) || !editor.HasSingleUse(affine.Inputs[0]) || editor.Producer(affine.Inputs[0]) is not { } producer
            || FusedActivation.Of(producer.Op) is not (float.NegativeInfinity, float.PositiveInfinity)
            || editor[affine.Inputs[0]].Shape != editor[affine.Outputs[0]].Shape
            || ConvolutionWeights.Of(editor, producer) is not { } weights
            || editor.PerChannel(affine.Inputs[1], weights.Channels) is not { } constant)
        {
            return;
        }

        float[] bias = weights.Bias();
        bool scales = affine.Op is MulOp;
        for (int c = 0; c < bias.Length; c++)
        {
            bias[c] = scales ? bias[c] * constant[c] : bias[c] + constant[c];
        }

        editor.ReplaceNode(producer, weights.With(scales ? weights.Scaled(constant) : weights.Weights, bias));

        // The affine's name is the one that users know as the result; the convolution takes it over.
        string result = affine.Outputs[0];
        editor.ReplaceUses(result, affine.Inputs[0]);
        editor.RemoveNode(affine);
        editor.SwapNames(result, affine.Inputs[0]);
    }
}
