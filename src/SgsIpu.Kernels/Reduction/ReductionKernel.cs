using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels.Reduction;

/// <summary>Sum, mean, maximum or minimum over dimensions: exact in INT64, requantized once.</summary>
/// <param name="Kind">How elements are joined.</param>
/// <param name="Input">UINT8 or INT16.</param>
/// <param name="Zero">The integer of the input that stands for 0.</param>
/// <param name="Output">UINT8 or INT16.</param>
/// <param name="Range">Zero point and limits of the output.</param>
/// <param name="Scales">From the joined value to units of the output: one, or one for each channel (last dimension, which is not reduced).</param>
/// <param name="Plan">The input against the output with its reduced dimensions kept as 1.</param>
public sealed record ReductionKernel(ReductionKind Kind, DataType Input, int Zero, DataType Output, IntegerRange Range, ImmutableArray<Requantizer> Scales, BroadcastPlan Plan)
{
    /// <summary>Reduces a whole tensor.</summary>
    /// <param name="sums">Scratch, as many elements as the output has.</param>
    public void Run(ReadOnlySpan<byte> x, Span<byte> y, Span<long> sums)
    {
        if (Input == DataType.UInt8)
        {
            Join(x, sums);
        }
        else
        {
            Join(MemoryMarshal.Cast<byte, short>(x), sums);
        }

        if (Output == DataType.UInt8)
        {
            for (int i = 0; i < y.Length; i++)
            {
                y[i] = (byte)Range.Place(Scales[i % Scales.Length].Apply(sums[i]));
            }

            return;
        }

        Span<short> shorts = MemoryMarshal.Cast<byte, short>(y);
        for (int i = 0; i < shorts.Length; i++)
        {
            shorts[i] = (short)Range.Place(Scales[i % Scales.Length].Apply(sums[i]));
        }
    }

    private void Join<TX>(ReadOnlySpan<TX> x, Span<long> sums)
        where TX : unmanaged, IBinaryInteger<TX>
    {
        sums.Fill(Kind switch { ReductionKind.Max => long.MinValue, ReductionKind.Min => long.MaxValue, _ => 0 });
        for (int row = 0; row < Plan.Rows; row++)
        {
            ReadOnlySpan<TX> part = x.Slice(row * Plan.Length, Plan.Length);
            Span<long> target = sums[Plan.Start(row).B..];
            if (Plan.StepB == 0)
            {
                target[0] = Join(part, target[0]);
                continue;
            }

            for (int i = Kind is ReductionKind.Max or ReductionKind.Min ? 0 : Add(part, target); i < part.Length; i++)
            {
                long value = int.CreateTruncating(part[i]) - Zero;
                target[i] = Kind switch
                {
                    ReductionKind.Max => Math.Max(target[i], value),
                    ReductionKind.Min => Math.Min(target[i], value),
                    _ => target[i] + value,
                };
            }
        }
    }

    /// <summary>Adds whole vectors of elements less the zero, and returns how many that were.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private int Add<TX>(ReadOnlySpan<TX> part, Span<long> sums)
        where TX : unmanaged, IBinaryInteger<TX>
    {
        ref TX from = ref MemoryMarshal.GetReference(part);
        ref long to = ref MemoryMarshal.GetReference(sums);
        Vector256<int> zero = Vector256.Create(Zero);
        int i = 0;
        for (; i <= part.Length - Vector256<int>.Count; i += Vector256<int>.Count)
        {
            Vector128<short> elements = typeof(TX) == typeof(byte)
                ? Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<TX, byte>(ref Unsafe.Add(ref from, i)))).AsByte()).AsInt16()
                : Vector128.LoadUnsafe(ref Unsafe.As<TX, short>(ref from), (nuint)i);
            (Vector256<long> lower, Vector256<long> upper) = Vector256.Widen(Vector256.WidenLower(elements.ToVector256Unsafe()) - zero);
            (Vector256.LoadUnsafe(ref to, (nuint)i) + lower).StoreUnsafe(ref to, (nuint)i);
            (Vector256.LoadUnsafe(ref to, (nuint)(i + 4)) + upper).StoreUnsafe(ref to, (nuint)(i + 4));
        }

        return i;
    }

    private long Join<TX>(ReadOnlySpan<TX> part, long joined)
        where TX : unmanaged, IBinaryInteger<TX>
    {
        foreach (TX element in part)
        {
            long value = int.CreateTruncating(element) - Zero;
            joined = Kind switch
            {
                ReductionKind.Max => Math.Max(joined, value),
                ReductionKind.Min => Math.Min(joined, value),
                _ => joined + value,
            };
        }

        return joined;
    }
}
