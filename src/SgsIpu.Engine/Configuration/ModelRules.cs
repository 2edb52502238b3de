using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Configuration;

/// <summary>The rules of a configuration that need the model.</summary>
internal static class ModelRules
{
    private const string Input = "INPUT_CONFIG";
    private const string Output = "OUTPUT_CONFIG";

    /// <param name="graph">The float graph.</param>
    /// <param name="source">Is told what is wrong.</param>
    public static void Check(InputConfig config, Graph graph, ConfigSource source)
    {
        CheckNames(source, Input, "inputs", "ConfigInputs", [.. config.Inputs.Select(i => i.Name)], graph.Inputs, graph.Name);
        CheckNames(source, Output, "outputs", "ConfigOutputs", [.. config.Outputs.Select(o => o.Name)], graph.Outputs, graph.Name);
        foreach (InputSetting input in config.Inputs.Where(i => graph.Inputs.Contains(i.Name)))
        {
            TensorSpec spec = graph[input.Name];
            CheckForm(input, spec, graph, source);
            CheckLayout(source, Input, "input_layouts", $"input '{input.Name}'", input.ChannelsFirst, spec);
        }

        foreach (OutputSetting output in config.Outputs.Where(o => graph.Outputs.Contains(o.Name)))
        {
            CheckLayout(source, Output, "output_layouts", $"output '{output.Name}'", output.ChannelsFirst, graph[output.Name]);
        }

        CheckTensorArrays(config, graph, source);
    }

    private static void CheckNames(ConfigSource source, string section, string key, string errorId, string[] given, ImmutableArray<string> model, string name)
    {
        string? unknown = given.Except(model).FirstOrDefault();
        string? missing = model.Except(given).FirstOrDefault();
        if ((unknown ?? missing) is not null)
        {
            string fault = unknown is not null ? $"names '{unknown}', which the model does not have" : $"does not name '{missing}'";
            source.Error(section, key, errorId, $"'{key}' of the input configuration {fault}; model '{name}' has {string.Join(", ", model)}");
        }
    }

    private static void CheckForm(InputSetting input, TensorSpec spec, Graph graph, ConfigSource source)
    {
        bool exact = spec.Type != DataType.Float32;
        int channels = input.TrainingFormat == ImageFormat.GRAY ? 1 : 3;
        if (input.IsImage && exact)
        {
            source.Error(Input, "input_formats", "ConfigInputType", $"input '{input.Name}' of model '{graph.Name}' holds {spec.Type} numbers, no {input.TrainingFormat} image; write RAWDATA_S16_NHWC, or RAWDATA_U16_NHWC for an embedding");
        }
        else if (input.IsImage && (spec.Shape.Rank != 4 || spec.Shape[3] != channels))
        {
            source.Error(Input, "training_input_formats", "ConfigInputShape", $"input '{input.Name}' of model '{graph.Name}' is {spec.Shape}; a {input.TrainingFormat} image is [batch, height, width, {channels}]");
        }

        if (input.Format == ImageFormat.RAWDATA_U16_NHWC && !FeedsEmbedding(input.Name, graph))
        {
            source.Error(Input, "input_formats", "ConfigEmbedding", $"input '{input.Name}' is RAWDATA_U16_NHWC, which is for the indices of an embedding alone; what reads it is {Readers(input.Name, graph)}");
        }

        if (!input.Quantize && !exact && input.Format != ImageFormat.RAWDATA_F32_NHWC)
        {
            source.Error(Input, "quantizations", "ConfigQuantization", $"input '{input.Name}' holds real numbers, which {input.Format} has in quantized form only: write quantizations=TRUE, or RAWDATA_F32_NHWC");
        }
    }

    private static void CheckLayout(ConfigSource source, string section, string key, string what, bool first, TensorSpec spec)
    {
        if (first && spec.Shape.Rank != 4)
        {
            source.Error(section, key, "ConfigLayoutRank", $"{what} has {spec.Shape.Rank} dimensions; NCHW is for 4, write NHWC in its place");
        }
    }

    private static void CheckTensorArrays(InputConfig config, Graph graph, ConfigSource source)
    {
        string[] inputs = [.. graph.Nodes.Where(n => ((IpuOperator)n.Op).Quantize(graph.InputsOf(n)) is { Class: QuantClass.Convolution, Weight: >= 0 }).Select(n => n.Inputs[0])];
        foreach (string tensor in config.TensorArrays)
        {
            if (!inputs.Contains(tensor))
            {
                source.Error("CONV_CONFIG", "tensor_arrays", "ConfigTensorArrays", $"[CONV_CONFIG] tensor_arrays: '{tensor}' is the first input of no convolution of model '{graph.Name}'");
            }
            else if (inputs[0] == tensor && inputs.Count(i => i == tensor) == 1)
            {
                source.Warning("CONV_CONFIG", "tensor_arrays", "ConfigFirstConvolution", $"[CONV_CONFIG] tensor_arrays: '{tensor}' is the input of the first convolution, which is not affected");
            }
        }
    }

    /// <summary>True where only pickers of rows read the tensor, as their indices, perhaps after a change of the integer type.</summary>
    private static bool FeedsEmbedding(string tensor, Graph graph) =>
        graph.Consumers(tensor) is { Count: > 0 } readers
        && readers.All(n => n.Op is GatherOp ? n.Inputs[1] == tensor && n.Inputs[0] != tensor : n.Op is CastOp && graph[n.Outputs[0]].Type != DataType.Float32 && FeedsEmbedding(n.Outputs[0], graph));

    private static string Readers(string tensor, Graph graph) => graph.Consumers(tensor) is { Count: > 0 } readers ? string.Join(", ", readers.Select(n => n.ToString())) : "nothing";
}
