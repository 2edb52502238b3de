using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization;

/// <summary>The integers of a convolution-like node.</summary>
/// <param name="Bias">Null where the node has none.</param>
internal sealed record RoundedWeights(Tensor Weights, QuantParam WeightQuant, Tensor? Bias, QuantParam? BiasQuant)
{
    /// <summary>The same for an output whose channels have integers of their own for 0: the bias moves them.</summary>
    /// <param name="output">The mapping of the output.</param>
    public RoundedWeights Writing(QuantParam output) => Bias is null || output.Offsets.IsEmpty ? this
        : this with { Bias = ConstantRounding.Shifted(Bias, BiasQuant!, [.. output.Scale.Zip(output.Offsets, (scale, offset) => scale * offset)]) };

    /// <summary>Puts them in the place of a node's weights and bias; where the node has no bias, it gets one.</summary>
    public void Replace(GraphEditor editor, Node node)
    {
        editor.SetTensor(TensorSpec.OfConstant(node.Inputs[1], Weights) with { Quant = WeightQuant });
        if (Writing(editor[node.Outputs[0]].Quant!).Bias is not { } bias)
        {
            return;
        }

        if (node.Inputs.Length > 2 && node.Inputs[2].Length > 0)
        {
            editor.SetTensor(TensorSpec.OfConstant(node.Inputs[2], bias) with { Quant = BiasQuant });
            return;
        }

        string name = editor.FreshName(node.Name + "/bias");
        editor.AddTensor(TensorSpec.OfConstant(name, bias) with { Quant = BiasQuant });
        Node current = editor.NodeNamed(node.Name);
        editor.ReplaceNode(current, current with { Inputs = [current.Inputs[0], current.Inputs[1], name, .. current.Inputs.Skip(3)] });
    }
}
