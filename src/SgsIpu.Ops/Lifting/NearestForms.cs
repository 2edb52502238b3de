using System.Collections.Frozen;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>What to use in place of an operator that is not supported.</summary>
public static class NearestForms
{
    private const string DataSized = "the size of its output depends on the data; with constant inputs it is computed at import";
    private const string Control = "export the model without control flow (unrolled, for fixed sizes)";
    private const string Sequences = "export with tensors in place of sequences, optionals and texts";
    private const string Random = "take random numbers as an input of the model, or export it for inference";
    private const string QuantizedArithmetic = "export the quantized model with QuantizeLinear and DequantizeLinear around float operators";
    private const string Training = "export the model for inference, without its loss";
    private const string Spectrum = "compute spectra and windows before the model";

    private static readonly FrozenDictionary<string, string> Known = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Bernoulli"] = Random,
        ["BlackmanWindow"] = Spectrum,
        ["ConstantOfShape"] = DataSized,
        ["ConvInteger"] = QuantizedArithmetic,
        ["DFT"] = Spectrum,
        ["DynamicQuantizeLinear"] = QuantizedArithmetic,
        ["HammingWindow"] = Spectrum,
        ["HannWindow"] = Spectrum,
        ["If"] = Control,
        ["Loop"] = Control,
        ["MatMulInteger"] = QuantizedArithmetic,
        ["MelWeightMatrix"] = Spectrum,
        ["Multinomial"] = Random,
        ["NegativeLogLikelihoodLoss"] = Training,
        ["NonZero"] = DataSized,
        ["QLinearConv"] = QuantizedArithmetic,
        ["QLinearMatMul"] = QuantizedArithmetic,
        ["RandomNormal"] = Random,
        ["RandomNormalLike"] = Random,
        ["RandomUniform"] = Random,
        ["RandomUniformLike"] = Random,
        ["Range"] = DataSized,
        ["STFT"] = Spectrum,
        ["Scan"] = Control,
        ["SoftmaxCrossEntropyLoss"] = Training,
        ["StringNormalizer"] = Sequences,
        ["TfIdfVectorizer"] = Sequences,
        ["Unique"] = DataSized,
        ["Where"] = DataSized,
        ["WHERE"] = DataSized,
        ["WHILE"] = Control,
        ["IF"] = Control,
        ["While"] = Control,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>A remedy for one source node as the rest of a sentence; empty where none is known.</summary>
    public static string Of(Framework framework, SourceNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (Known.TryGetValue(node.OpType, out string? known))
        {
            return known;
        }

        if (node.OpType.StartsWith("Sequence", StringComparison.Ordinal) || node.OpType.StartsWith("Optional", StringComparison.Ordinal) || node.OpType.StartsWith("SplitToSequence", StringComparison.Ordinal))
        {
            return Sequences;
        }

        string plain = Plain(node.OpType);
        string? nearest = OpCatalog.OperatorsOf(framework)
            .Select(n => (Name: n, Distance: Distance(plain, Plain(n))))
            .Where(c => c.Distance <= Math.Min(2, plain.Length / 4))
            .OrderBy(c => c.Distance).ThenBy(c => c.Name, StringComparer.Ordinal)
            .Select(c => c.Name).FirstOrDefault();
        return nearest is null ? "" : $"the nearest that is supported is {nearest}";
    }

    /// <summary>Without domain, version, case and underscores.</summary>
    private static string Plain(string opType) =>
        opType[(opType.LastIndexOf('.') + 1)..].Replace("_", "", StringComparison.Ordinal).ToUpperInvariant().TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');

    /// <summary>Levenshtein's distance.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int k = 1; k <= b.Length; k++)
            {
                int replaced = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
                diagonal = row[k];
                row[k] = Math.Min(replaced, Math.Min(row[k], row[k - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
