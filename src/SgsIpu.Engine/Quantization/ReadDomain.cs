using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>The values of a tensor that what reads it tells apart: a sigmoid takes all beyond its reach for the same.</summary>
internal static class ReadDomain
{
    /// <summary>The bounds beyond which no reader tells values apart; infinite where one does, or the tensor is an output.</summary>
    public static (double Low, double High) Of(Graph graph, string tensor)
    {
        (double Low, double High)?[] domains = [.. graph.Consumers(tensor).Select(n => (n.Op as UnaryFunctionOp)?.Curve?.Domain)];
        return domains.Length > 0 && domains.All(d => d is not null) && !graph.Outputs.Contains(tensor)
            ? (domains.Min(d => d!.Value.Low), domains.Max(d => d!.Value.High))
            : (double.NegativeInfinity, double.PositiveInfinity);
    }
}
