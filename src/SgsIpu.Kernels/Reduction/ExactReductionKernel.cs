using System.Numerics;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels.Reduction;

/// <summary>Joins exact integers over dimensions, in INT64 that wraps.</summary>
/// <param name="start">What an empty reduction gives.</param>
/// <param name="join">Joins one more element.</param>
/// <param name="divisor">The joined value is divided by it, toward 0.</param>
/// <param name="plan">The input against the output with its reduced dimensions kept as 1.</param>
public sealed class ExactReductionKernel(long start, Func<long, long, long> join, long divisor, BroadcastPlan plan)
{
    /// <summary>Reduces a whole tensor.</summary>
    /// <param name="type">Of input and output.</param>
    /// <param name="joined">Scratch, as many elements as the output has.</param>
    /// <exception cref="ArgumentException">The type is no integer.</exception>
    public void Run(DataType type, ReadOnlySpan<byte> x, Span<byte> y, Span<long> joined)
    {
        switch (type)
        {
            case DataType.UInt8 or DataType.Bool: Run<byte>(x, y, joined); break;
            case DataType.Int8: Run<sbyte>(x, y, joined); break;
            case DataType.Int16: Run<short>(x, y, joined); break;
            case DataType.UInt16: Run<ushort>(x, y, joined); break;
            case DataType.Int32: Run<int>(x, y, joined); break;
            case DataType.Int64: Run<long>(x, y, joined); break;
            default: throw new ArgumentException($"{type} is no integer", nameof(type));
        }
    }

    private void Run<T>(ReadOnlySpan<byte> x, Span<byte> y, Span<long> joined)
        where T : unmanaged, IBinaryInteger<T>
    {
        ReadOnlySpan<T> elements = MemoryMarshal.Cast<byte, T>(x);
        Span<T> results = MemoryMarshal.Cast<byte, T>(y);
        joined.Fill(start);
        for (int row = 0; row < plan.Rows; row++)
        {
            (int from, int to) = plan.Start(row);
            for (int i = 0; i < plan.Length; i++)
            {
                int at = to + (i * plan.StepB);
                joined[at] = join(joined[at], long.CreateTruncating(elements[from + i]));
            }
        }

        for (int i = 0; i < results.Length; i++)
        {
            results[i] = T.CreateTruncating(joined[i] / divisor);
        }
    }
}
