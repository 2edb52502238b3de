using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels.Detection;

namespace SgsIpu.Ops;

public sealed partial record NonMaxSuppressionOp
{
    /// <summary>Scores are compared as integers, boxes are intersected as integers: no scale enters but that of the score threshold.</summary>
    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        FixedOperand boxes = FixedOperand.OfInput(binding, 0);
        FixedOperand scores = FixedOperand.OfInput(binding, 1);
        if (boxes.Type != DataType.Int16 || scores.Type != DataType.Int16)
        {
            throw binding.NotSupported($"boxes are {boxes.Type}, scores {scores.Type}; Int16 is supported");
        }

        int n = boxes.Shape[1];
        int kept = Math.Min(MaxPerClass, n);
        int batches = scores.Shape[0];
        int classes = scores.Shape[1];
        int overlap = BoxSuppression.Threshold(IouThreshold);
        int least = LeastScore(ScoreThreshold, scores.Scale);
        bool center = CenterBoxes;
        return new DelegateKernel(
            (in FixedArguments a) =>
            {
                Span<long> keys = MemoryMarshal.Cast<byte, long>(a.Workspace)[..n];
                Span<int> ints = MemoryMarshal.Cast<byte, int>(a.Workspace[(n * sizeof(long))..]);
                Span<int> corners = ints[..(4 * n)];
                Span<int> selected = ints.Slice(4 * n, kept);
                Span<long> y = a.Output<long>(0);
                ReadOnlySpan<short> x = a.Input<short>(0);
                ReadOnlySpan<short> s = a.Input<short>(1);
                int row = 0;
                for (int b = 0; b < batches; b++)
                {
                    Corners(x.Slice(b * n * 4, n * 4), corners, center);
                    for (int c = 0; c < classes; c++)
                    {
                        int candidates = Candidates(s.Slice(((b * classes) + c) * n, n), least, keys);
                        keys[..candidates].Sort();
                        int count = BoxSuppression.Select(corners, keys[..candidates], overlap, selected);
                        for (int k = 0; k < count; k++, row++)
                        {
                            (y[row * 3], y[(row * 3) + 1], y[(row * 3) + 2]) = (b, c, selected[k]);
                        }
                    }
                }

                y[(row * 3)..].Fill(-1);
            },
            (n * sizeof(long)) + (((4 * n) + kept) * sizeof(int)));
    }

    /// <summary>The largest integer that is not above a threshold: a score counts where its integer is larger.</summary>
    internal static int LeastScore(float threshold, double scale) => (int)Math.Clamp(Math.Floor(threshold / scale), int.MinValue, short.MaxValue);

    private static int Candidates(ReadOnlySpan<short> scores, int least, Span<long> keys)
    {
        int count = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            if (scores[i] > least)
            {
                keys[count++] = BoxSuppression.Key(scores[i], i);
            }
        }

        return count;
    }

    /// <summary>Twice the corners, so that half a width is an integer.</summary>
    private static void Corners(ReadOnlySpan<short> boxes, Span<int> corners, bool center)
    {
        for (int i = 0; i < boxes.Length; i += 4)
        {
            (int p, int q, int r, int s) = (boxes[i], boxes[i + 1], boxes[i + 2], boxes[i + 3]);
            (corners[i], corners[i + 1], corners[i + 2], corners[i + 3]) = center
                ? ((2 * q) - s, (2 * p) - r, (2 * q) + s, (2 * p) + r)
                : (2 * p, 2 * q, 2 * r, 2 * s);
        }
    }
}
