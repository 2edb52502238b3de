using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Engine;

/// <summary>
/// How far a tensor of one model is from the same tensor of another, over all samples, with what it costs. Values that no reader tells apart
/// (those that a sigmoid reads beyond ±16) count as the same.
/// </summary>
/// <param name="Tensor">The tensor's name in the reference.</param>
/// <param name="Operator">What computes it in the model; "" for an input.</param>
/// <param name="Bits">Bits of the weights, or of the tensor where there are none.</param>
/// <param name="Accumulated">The error with everything before it quantized as well.</param>
public sealed record IpuTensorComparison(string Tensor, string Operator, Shape Shape, int Bits, TensorError Accumulated)
{
    /// <summary>The error of this node alone, on the reference's own inputs; null where there is no such node, or the model is a float one.</summary>
    public TensorError? Isolated { get; init; }

    /// <summary>Share of the model's multiply-accumulates, 0 to 1.</summary>
    public double MacShare { get; init; }

    /// <summary>Cycles on the model's chip (an estimate, see <see cref="IpuCommandCost"/>); 0 for float models.</summary>
    public double Cycles { get; init; }

    /// <summary>Bytes of main memory on the model's chip; 0 for float models.</summary>
    public long DramBytes { get; init; }

    /// <summary>What is unusual about the tensor, as sentences.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>Signal to noise of <see cref="Accumulated"/> in dB.</summary>
    public double Sqnr => Accumulated.Sqnr;

    /// <summary>Cosine of the angle between the values, of <see cref="Accumulated"/>.</summary>
    public double Cosine => Accumulated.Cosine;

    /// <summary>Largest distance of a value, of <see cref="Accumulated"/>.</summary>
    public double MaxError => Accumulated.MaxError;

    /// <summary>Signal to noise of <see cref="Isolated"/> in dB; NaN where it is not known.</summary>
    public double IsolatedSqnr => Isolated?.Sqnr ?? double.NaN;
}
