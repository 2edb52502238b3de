using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Quantization;
using SgsIpu.Ops;

namespace SgsIpu.Engine.QuantParams;

/// <summary>The quantization parameters of a fixed model, by the names of the float model, so that a calibrator can take them in again.</summary>
public static class QuantParamExport
{
    /// <summary>One entry a tensor: inputs and activations first, then weights and other constants, in the order of the nodes.</summary>
    /// <param name="includeData">Adds the values of constants as the integers stand for them.</param>
    /// <exception cref="IpuException">The model is no fixed one (id <c>WrongStage</c>).</exception>
    public static IReadOnlyList<GivenQuantization> Of(IpuModel model, bool includeData)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Stage != IpuStage.Fixed)
        {
            throw new IpuException("WrongStage", $"'{model.Name}' is a {model.Stage} model; a fixed one has quantization parameters", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        Graph graph = model.Graph;
        var entries = new Dictionary<string, GivenQuantization>(StringComparer.Ordinal);
        var order = new List<string>();
        foreach (TensorSpec tensor in graph.Inputs.Concat(graph.Nodes.SelectMany(n => n.Outputs)).Select(t => graph[t]))
        {
            if (tensor.Quant is { } quant && tensor.Type is DataType.UInt8 or DataType.Int16)
            {
                Add(new GivenQuantization(FloatName.Of(graph, tensor.Name)) { Min = Least(tensor), Max = Greatest(tensor), Bit = tensor.Type.Bits() });
            }
        }

        foreach (Node node in graph.Nodes.Where(n => n.Op is not BoundaryOp))
        {
            QuantRule rule = ((IpuOperator)node.Op).Quantize(graph.InputsOf(node));
            bool weighted = rule is { Class: QuantClass.Convolution, Weight: >= 0 };
            if (weighted)
            {
                Add(Weights(graph[node.Inputs[rule.Weight]], rule.WeightAxis, graph[node.Inputs[0]].Quant, includeData));
                if (includeData && Bias(model, node, rule) is { } bias)
                {
                    Add(bias);
                }
            }

            foreach (int i in rule.Activations.Where(i => i < node.Inputs.Length && node.Inputs[i].Length > 0))
            {
                TensorSpec constant = graph[node.Inputs[i]];
                if (constant is { IsConstant: true, Quant: { } quant, Type: DataType.UInt8 or DataType.Int16 })
                {
                    Add(new GivenQuantization(constant.Name)
                    {
                        Min = Least(constant),
                        Max = Greatest(constant),
                        Bit = constant.Type.Bits(),
                        Data = includeData ? Tensor.FromArray<float>(Real(constant, -1, null), constant.Shape) : null,
                    });
                }
            }
        }

        return [.. order.Select(n => entries[n])];

        // Where a tensor is there in both types, convolutions read the one with fewer bits, and the others take 16 bits anyway.
        void Add(GivenQuantization entry)
        {
            if (!entries.TryGetValue(entry.Tensor, out GivenQuantization? other))
            {
                order.Add(entry.Tensor);
            }

            if (other is null || entry.Bit < other.Bit)
            {
                entries[entry.Tensor] = entry;
            }
        }
    }

    private static GivenQuantization Weights(TensorSpec weights, int axis, QuantParam? input, bool includeData)
    {
        int channels = axis < 0 ? 1 : weights.Shape[axis];
        ImmutableArray<double> scales = weights.Quant!.Scale;
        float[] real = Real(weights, axis, input);
        var min = new float[channels];
        var max = new float[channels];
        if (input is null or { IsPerTensor: true })
        {
            int levels = weights.Type switch { DataType.Int16 => short.MaxValue, DataType.Int4 => 7, _ => sbyte.MaxValue };
            for (int c = 0; c < channels; c++)
            {
                max[c] = (float)(scales[scales.Length == 1 ? 0 : c] * levels);
                min[c] = -max[c];
            }
        }
        else
        {
            // The scales of the input channels are part of the integers: what they stand for has the range of its values.
            int inner = axis < 0 ? real.Length : weights.Shape.Skip(axis + 1).Aggregate(1, (a, b) => a * b);
            for (int i = 0; i < real.Length; i++)
            {
                int c = axis < 0 ? 0 : i / inner % channels;
                min[c] = Math.Min(min[c], real[i]);
                max[c] = Math.Max(max[c], real[i]);
            }
        }

        return new GivenQuantization(weights.Name)
        {
            Min = [.. min],
            Max = [.. max],
            Bit = weights.Type.Bits(),
            Data = includeData ? Tensor.FromArray<float>(real, weights.Shape) : null,
        };
    }

    /// <summary>
    /// The values of a bias, with which values of weights as they are rounded go together; null where there is none. What integers for 0 of the input's and
    /// the output's channels have added is taken out of it.
    /// </summary>
    private static GivenQuantization? Bias(IpuModel model, Node node, QuantRule rule)
    {
        Graph graph = model.Graph;
        if (rule.Bias < 0 || rule.Bias >= node.Inputs.Length || node.Inputs[rule.Bias].Length == 0 || graph[node.Inputs[rule.Bias]] is not { Constant: { } integers, Quant: { } unit } bias)
        {
            return null;
        }

        double[] real = [.. integers.ToLongs().Select((b, c) => b * unit.Scale[unit.IsPerTensor ? 0 : c])];
        TensorSpec input = graph[node.Inputs[0]];
        TensorSpec weights = graph[node.Inputs[rule.Weight]];
        if (input.Quant is { Offsets.IsEmpty: false } read)
        {
            Tensor values = Tensor.FromArray<float>(weights.Constant!.ToFloats(), weights.Shape);
            double[] added = ChannelConsumer.Of(graph, node, values)!.Sums(values, Boundary.Zeros(model.InputConfig, FloatName.Of(graph, input.Name), input.Shape, read));
            real = [.. real.Select((b, c) => b + (added[c] * unit.Scale[unit.IsPerTensor ? 0 : c]))];
        }

        if (graph[node.Outputs[0]].Quant is { Offsets.IsEmpty: false } written)
        {
            real = [.. real.Select((b, c) => b - (written.Scale[c] * written.Offsets[c]))];
        }

        return new GivenQuantization(bias.Name) { Data = Tensor.FromArray<float>([.. real.Select(b => (float)b)], bias.Shape) };
    }

    /// <summary>The real values of a constant.</summary>
    /// <param name="input">Where it has a scale for each channel, these are taken out of the weights again.</param>
    private static float[] Real(TensorSpec constant, int axis, QuantParam? input)
    {
        float[] values = constant.Constant!.ToFloats();
        QuantParam quant = constant.Quant!;
        int inner = quant.IsPerTensor || axis < 0 ? values.Length : constant.Shape.Skip(axis + 1).Aggregate(1, (a, b) => a * b);
        int last = constant.Shape.Rank == 0 ? 1 : constant.Shape[-1];
        int multiplier = input is { IsPerTensor: false } ? last / input.Scale.Length : 1;
        for (int i = 0; i < values.Length; i++)
        {
            double scale = quant.Scale[quant.IsPerTensor ? 0 : i / inner % quant.Scale.Length];
            double folded = input is { IsPerTensor: false } ? input.Scale[i % last / multiplier] : 1;
            values[i] = (float)((values[i] - quant.ZeroPoint) * scale / folded);
        }

        return values;
    }

    private static ImmutableArray<float> Least(TensorSpec tensor) => tensor.Quant! is { Min.IsEmpty: false } known
        ? known.Min
        : [.. tensor.Quant!.Scale.Select((s, c) => (float)(s * ((tensor.Type == DataType.UInt8 ? 0 : -short.MaxValue) - tensor.Quant.ZeroOf(c))))];

    private static ImmutableArray<float> Greatest(TensorSpec tensor) => tensor.Quant! is { Max.IsEmpty: false } known
        ? known.Max
        : [.. tensor.Quant!.Scale.Select((s, c) => (float)(s * ((tensor.Type == DataType.UInt8 ? byte.MaxValue : short.MaxValue) - tensor.Quant.ZeroOf(c))))];
}
