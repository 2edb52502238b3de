using SgsIpu.Ops;

namespace SgsIpu.Engine;

/// <summary>What a model holds, in numbers.</summary>
public sealed record IpuModelInfo(string Name, string Stage, string SocVersion, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, int Nodes)
{
    /// <summary>Bytes of all constants.</summary>
    public long ConstantBytes { get; init; }

    /// <summary>Multiply-accumulates of one run.</summary>
    public long Macs { get; init; }

    /// <summary>How often each operator occurs, most frequent first.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> Operators { get; init; } = [];

    public static IpuModelInfo Of(IpuModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new IpuModelInfo(
            model.Name,
            model.Stage.ToString(),
            model.SocVersion,
            [.. model.Inputs.Select(i => i.ToString())],
            [.. model.Outputs.Select(o => o.ToString())],
            model.Nodes.Length)
        {
            ConstantBytes = model.Tensors.Where(t => t.IsConstant).Sum(t => t.ByteCount),
            Macs = model.Nodes.Sum(n => ((IpuOperator)n.Op).Cost(model.Graph.InputsOf(n), model.Graph.OutputsOf(n)).Macs),
            Operators = [.. model.Nodes.GroupBy(n => n.Op.Name).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Select(g => KeyValuePair.Create(g.Key, g.Count()))],
        };
    }
}
