using SgsIpu.Core;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>
/// NumPy broadcasting of two operands as rows: within a row each operand either runs on or stands still. Dimensions that both operands
/// treat alike are merged, so that equal shapes, scalars and per-channel operands have few, long rows.
/// </summary>
public sealed class BroadcastPlan
{
    private readonly int[] _sizes;
    private readonly int[] _stridesA;
    private readonly int[] _stridesB;

    /// <exception cref="ArgumentException">The shapes do not broadcast.</exception>
    public BroadcastPlan(Shape a, Shape b)
    {
        Shape result = Shape.Broadcast(a, b) ?? throw new ArgumentException($"{a} and {b} do not broadcast");
        int[] stepsA = Steps(a, result);
        int[] stepsB = Steps(b, result);
        var sizes = new List<int>();
        var mergedA = new List<int>();
        var mergedB = new List<int>();
        for (int d = result.Rank - 1; d >= 0; d--)
        {
            if (result[d] == 1)
            {
                continue;
            }

            // The dimension continues the one inside it where its step is that one's size times its step.
            if (sizes.Count > 0 && stepsA[d] == mergedA[^1] * sizes[^1] && stepsB[d] == mergedB[^1] * sizes[^1])
            {
                sizes[^1] *= result[d];
                continue;
            }

            sizes.Add(result[d]);
            mergedA.Add(stepsA[d]);
            mergedB.Add(stepsB[d]);
        }

        Length = sizes.Count > 0 ? sizes[0] : 1;
        StepA = sizes.Count > 0 ? mergedA[0] : 1;
        StepB = sizes.Count > 0 ? mergedB[0] : 1;
        _sizes = [.. sizes.Skip(1)];
        _stridesA = [.. mergedA.Skip(1)];
        _stridesB = [.. mergedB.Skip(1)];
        Rows = (int)(result.Count / Math.Max(Length, 1));
    }

    /// <summary>Elements of a row.</summary>
    public int Length { get; }

    /// <summary>1 where the first operand runs on within a row, 0 where it stands still.</summary>
    public int StepA { get; }

    /// <summary>1 where the second operand runs on within a row, 0 where it stands still.</summary>
    public int StepB { get; }

    public int Rows { get; }

    /// <summary>Where a row starts in each operand.</summary>
    public (int A, int B) Start(int row)
    {
        int a = 0;
        int b = 0;
        for (int i = 0; i < _sizes.Length; i++)
        {
            (row, int index) = Math.DivRem(row, _sizes[i]);
            a += index * _stridesA[i];
            b += index * _stridesB[i];
        }

        return (a, b);
    }

    private static int[] Steps(Shape shape, Shape result)
    {
        int[] strides = shape.Strides();
        var steps = new int[result.Rank];
        for (int i = 1; i <= shape.Rank; i++)
        {
            steps[^i] = shape[-i] == 1 ? 0 : strides[^i];
        }

        return steps;
    }
}
