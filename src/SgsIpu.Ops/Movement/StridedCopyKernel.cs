using System.Collections.Immutable;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>Gathers a dense output from anywhere in the input, by one step for each output dimension.</summary>
/// <param name="sizes">Dimensions of the output.</param>
/// <param name="steps">Elements of the input between neighbours along each output dimension; may be negative or 0.</param>
/// <param name="origin">Input element of output element 0.</param>
/// <param name="width">Bytes of an element.</param>
internal sealed class StridedCopyKernel(ImmutableArray<int> sizes, int[] steps, int origin, int width) : FixedKernel
{
    public override void Run(in FixedArguments arguments)
    {
        ReadOnlySpan<byte> x = arguments.Input(0);
        Span<byte> y = arguments.Output(0);
        int rank = sizes.Length;

        // Innermost dimensions that lie densely in the input are copied as one run.
        int run = 1;
        while (rank > 0 && steps[rank - 1] == run)
        {
            run *= sizes[--rank];
        }

        // The dimension around the runs is copied at once.
        (int count, int step) = rank > 0 ? (sizes[rank - 1], steps[rank - 1]) : (1, 0);
        rank = Math.Max(0, rank - 1);
        Span<int> index = stackalloc int[Math.Max(1, rank)];
        index.Clear();
        int at = origin;
        for (int o = 0; o < y.Length; o += count * run * width)
        {
            RunCopy.Copy(x, at * width, step * width, y[o..], run * width, count, run * width);
            for (int d = rank - 1; d >= 0; d--)
            {
                at += steps[d];
                if (++index[d] < sizes[d])
                {
                    break;
                }

                at -= steps[d] * sizes[d];
                index[d] = 0;
            }
        }
    }
}
