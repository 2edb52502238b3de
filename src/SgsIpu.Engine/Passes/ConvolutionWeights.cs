using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Passes;

/// <summary>Reads and rewrites the constant weights and bias of a node of the convolution class.</summary>
internal sealed class ConvolutionWeights
{
    private readonly GraphEditor _editor;
    private readonly Node _node;
    private readonly QuantRule _rule;

    private ConvolutionWeights(GraphEditor editor, Node node, QuantRule rule)
    {
        _editor = editor;
        _node = node;
        _rule = rule;
        Weights = editor[node.Inputs[rule.Weight]].Constant!;
        Channels = Weights.Shape[rule.WeightAxis];
    }

    public Tensor Weights { get; }

    /// <summary>Number of output channels.</summary>
    public int Channels { get; }

    /// <summary>The weights of a node, where it has some that are constant and a bias that is constant or absent.</summary>
    public static ConvolutionWeights? Of(GraphEditor editor, Node node)
    {
        if (node.Op is not IpuOperator op)
        {
            return null;
        }

        QuantRule rule = op.Quantize(editor.InputsOf(node));
        bool constant = rule.Class == QuantClass.Convolution && rule.Weight >= 0 && rule.Bias >= 0
            && editor[node.Inputs[rule.Weight]] is { IsConstant: true, Type: DataType.Float32 }
            && (node.Inputs.Length <= rule.Bias || node.Inputs[rule.Bias].Length == 0 || editor[node.Inputs[rule.Bias]].IsConstant);
        return constant ? new ConvolutionWeights(editor, node, rule) : null;
    }

    /// <summary>The bias of each output channel; zeros where there is none.</summary>
    public float[] Bias() => _node.Inputs.Length > _rule.Bias && _node.Inputs[_rule.Bias].Length > 0
        ? _editor[_node.Inputs[_rule.Bias]].Constant!.ToFloats()
        : new float[Channels];

    /// <summary>Weights with output channel c multiplied by <paramref name="scale"/>[c].</summary>
    public Tensor Scaled(ReadOnlySpan<float> scale)
    {
        float[] values = Weights.ToFloats();
        int inner = Weights.Shape.Strides()[_rule.WeightAxis];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] *= scale[i / inner % Channels];
        }

        return Tensor.FromArray<float>(values, Weights.Shape);
    }

    /// <summary>The node with other weights and bias.</summary>
    public Node With(Tensor weights, float[] bias)
    {
        string[] inputs = new string[Math.Max(_node.Inputs.Length, _rule.Bias + 1)];
        inputs.AsSpan().Fill("");
        _node.Inputs.AsSpan().CopyTo(inputs);
        inputs[_rule.Weight] = ReferenceEquals(weights, Weights) ? inputs[_rule.Weight] : _editor.AddConstant(inputs[_rule.Weight], weights);
        string biasName = inputs[_rule.Bias].Length > 0 ? inputs[_rule.Bias] : _node.Name + "/bias";
        inputs[_rule.Bias] = _editor.AddConstant(biasName, Tensor.FromArray<float>(bias, new Shape(Channels)));
        return _node with { Inputs = [.. inputs] };
    }
}
