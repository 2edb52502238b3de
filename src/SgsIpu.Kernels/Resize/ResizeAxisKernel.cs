namespace SgsIpu.Kernels;

/// <summary>One dimension of a resize: every output element is a weighted sum of input elements along it.</summary>
/// <param name="outer">Product of the dimensions before it.</param>
/// <param name="size">Its size in the input.</param>
/// <param name="inner">Product of the dimensions after it.</param>
/// <param name="rows">For each output element the input elements and their weights, with <see cref="WeightBits"/> fraction bits.</param>
public sealed class ResizeAxisKernel(int outer, int size, int inner, (int Index, int Weight)[][] rows)
{
    public const int WeightBits = 20;

    /// <summary>Elements that the step writes.</summary>
    public int Count => outer * rows.Length * inner;

    /// <summary>Sums, rounded half up.</summary>
    public void Run(ReadOnlySpan<int> x, Span<int> y)
    {
        int to = 0;
        for (int o = 0; o < outer; o++)
        {
            ReadOnlySpan<int> plane = x.Slice(o * size * inner, size * inner);
            foreach ((int Index, int Weight)[] row in rows)
            {
                Span<int> target = y.Slice(to, inner);
                for (int i = 0; i < target.Length; i++)
                {
                    long sum = 1L << (WeightBits - 1);
                    foreach ((int index, int weight) in row)
                    {
                        sum += (long)plane[(index * inner) + i] * weight;
                    }

                    target[i] = int.CreateSaturating(sum >> WeightBits);
                }

                to += inner;
            }
        }
    }
}
