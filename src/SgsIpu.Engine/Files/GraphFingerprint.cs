using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Files;

/// <summary>Tells float models apart: operators with their attributes, tensors, constants, and how the inputs are normalized.</summary>
internal static class GraphFingerprint
{
    /// <summary>SHA-256 in hexadecimal digits.</summary>
    public static string Of(Graph graph, InputConfig? config)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add(params ReadOnlySpan<string> words)
        {
            foreach (string word in words)
            {
                byte[] bytes = Encoding.UTF8.GetBytes(word);
                hash.AppendData(BitConverter.GetBytes(bytes.Length));
                hash.AppendData(bytes);
            }
        }

        foreach (string input in graph.Inputs)
        {
            InputSetting? setting = config?.Input(input);
            Add(input, setting is { IsImage: true } ? $"{setting.TrainingFormat} {Numbers(setting.Mean)} {Numbers(setting.Std)}" : "");
        }

        foreach (Node node in graph.Nodes)
        {
            Add(node.Name, node.Op.Name, OpJson.Write(node.Op).GetRawText(), string.Join('\n', node.Inputs), string.Join('\n', node.Outputs));
        }

        foreach (TensorSpec tensor in graph.Tensors.Values.OrderBy(t => t.Name, StringComparer.Ordinal))
        {
            Add(tensor.Name, tensor.Type.ToString(), tensor.Shape.ToString());
            if (tensor.Constant is { } constant)
            {
                hash.AppendData(constant.Bytes);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Numbers(System.Collections.Immutable.ImmutableArray<float> values) =>
        values.IsDefaultOrEmpty ? "" : string.Join(':', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)));
}
