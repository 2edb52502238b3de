using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels;

/// <summary>A resize of several dimensions, one after the other, with <see cref="SpareBits"/> bits below the input's unit between them.</summary>
/// <param name="steps">One kernel for each dimension.</param>
/// <param name="scale">From the input's unit with its spare bits to the output's.</param>
/// <param name="largest">Elements of the largest tensor between the steps, input and output included.</param>
public sealed class ResizeSeparableKernel(ResizeAxisKernel[] steps, DataType input, int zero, DataType output, IntegerRange range, Requantizer scale, int largest)
{
    public const int SpareBits = 8;

    /// <summary>In units of the output, what is added along the dimensions of <see cref="Plan"/>'s second operand; empty for nothing.</summary>
    public required short[] Outside { get; init; }

    /// <summary>The output against <see cref="Outside"/>.</summary>
    public required BroadcastPlan Plan { get; init; }

    /// <param name="workspace">Twice the elements of the largest tensor.</param>
    public void Run(ReadOnlySpan<byte> x, Span<byte> y, Span<int> workspace)
    {
        Span<int> from = workspace[..largest];
        Span<int> to = workspace.Slice(largest, largest);
        if (input == DataType.UInt8)
        {
            for (int i = 0; i < x.Length; i++)
            {
                from[i] = (x[i] - zero) << SpareBits;
            }
        }
        else
        {
            ReadOnlySpan<short> shorts = MemoryMarshal.Cast<byte, short>(x);
            for (int i = 0; i < shorts.Length; i++)
            {
                from[i] = shorts[i] << SpareBits;
            }
        }

        foreach (ResizeAxisKernel step in steps)
        {
            step.Run(from, to);
            Span<int> swap = from;
            from = to;
            to = swap;
        }

        for (int row = 0; row < Plan.Rows; row++)
        {
            int outside = Plan.Start(row).B;
            for (int i = 0; i < Plan.Length; i++)
            {
                int at = (row * Plan.Length) + i;
                int value = scale.Apply(from[at]) + (Outside.Length == 0 ? 0 : Outside[outside + (i * Plan.StepB)]);
                if (output == DataType.UInt8)
                {
                    y[at] = (byte)range.Place(value);
                }
                else
                {
                    MemoryMarshal.Cast<byte, short>(y)[at] = (short)range.Place(value);
                }
            }
        }
    }
}
