using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>Products of integer matrices that both come from the data: y = stage(column, Σ (a[m, k] − zero) · b[k, n]).</summary>
public sealed record MatrixProductSpec
{
    public required int M { get; init; }

    public required int K { get; init; }

    public required int N { get; init; }

    /// <summary>True where a is stored [K, M].</summary>
    public bool TransposeA { get; init; }

    /// <summary>True where b is stored [N, K].</summary>
    public bool TransposeB { get; init; }

    /// <summary>UInt8 or Int16; b is Int16.</summary>
    public required DataType TypeA { get; init; }

    public required int ZeroPointA { get; init; }

    /// <summary>For each matrix of the output, the matrices of a and b that it is made from.</summary>
    public required (int A, int B)[] Pairs { get; init; }

    public required OutputStage Output { get; init; }
}
