using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels.Detection;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Ops;

public sealed partial record DetectionPostProcessOp
{
    public override ImmutableArray<Tensor> BuildTables(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        Tensor anchors = binding.Input(2).Constant!;
        return [BoxDecoder.BuildAnchors(anchors.ToFloats(), Corners, FixedOperand.OfInput(binding, 0).Scale, FixedOperand.OfOutput(binding).Scale), BoxDecoder.BuildPowers()];
    }

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        FixedOperand codes = FixedOperand.OfInput(binding, 0);
        FixedOperand scores = FixedOperand.OfInput(binding, 1);
        FixedOperand boxes = FixedOperand.OfOutput(binding);
        FixedOperand shown = FixedOperand.Of(binding, binding.Outputs[2]);
        Tensor anchors = binding.OptionalInput(3)?.Constant ?? throw binding.NotSupported("the table of anchors is missing");
        Tensor powers = binding.OptionalInput(4)?.Constant ?? throw binding.NotSupported("the table of powers is missing");
        if (new[] { codes, scores, boxes, shown }.Any(o => o.Type != DataType.Int16))
        {
            throw binding.NotSupported("Int16 is supported for codes, scores and detections");
        }

        var run = new Run(this, LayoutOf(binding.Inputs), new BoxDecoder(anchors, powers, Corners))
        {
            AllClasses = scores.Shape[2],
            Least = NonMaxSuppressionOp.LeastScore(ScoreThreshold, scores.Scale),
            One = (long)Math.Min(Math.Floor((Math.ScaleB(1, BoxDecoder.FractionBits) / boxes.Scale) + 0.5), 1L << 30),
            ScoreScale = LinearScale.Of(scores.Scale / shown.Scale),
        };
        return new DelegateKernel(run.Execute, run.WorkspaceBytes);
    }

    /// <summary>One prepared node.</summary>
    private sealed class Run(DetectionPostProcessOp op, Layout layout, BoxDecoder decoder)
    {
        private readonly int _overlap = BoxSuppression.Threshold(op.IouThreshold);

        public required int AllClasses { get; init; }

        public required int Least { get; init; }

        /// <summary>1 in units of the decoder.</summary>
        public required long One { get; init; }

        public required LinearScale ScoreScale { get; init; }

        private int Meeting => (int)layout.Meeting;

        public int WorkspaceBytes => ((layout.Boxes + Meeting) * sizeof(long)) + (((4 * layout.Boxes) + layout.PerClass + (2 * Meeting) + layout.Boxes) * sizeof(int));

        public void Execute(in FixedArguments a)
        {
            int n = layout.Boxes;
            Span<long> longs = MemoryMarshal.Cast<byte, long>(a.Workspace[..((n + Meeting) * sizeof(long))]);
            Span<int> ints = MemoryMarshal.Cast<byte, int>(a.Workspace[((n + Meeting) * sizeof(long))..]);
            Span<long> keys = longs[..n];
            Span<long> meeting = longs[n..];
            Span<int> corners = ints[..(4 * n)];
            Span<int> kept = ints.Slice(4 * n, layout.PerClass);
            Span<int> boxOf = ints.Slice((4 * n) + layout.PerClass, Meeting);
            Span<int> classOf = ints.Slice((4 * n) + layout.PerClass + Meeting, Meeting);
            Span<int> best = ints.Slice((4 * n) + layout.PerClass + (2 * Meeting), n);

            ReadOnlySpan<short> scores = a.Input<short>(1);
            decoder.Run(a.Input<short>(0), corners, op.Clip ? 0 : long.MinValue, op.Clip ? One : long.MaxValue);
            if (op.ClassAgnostic)
            {
                FindBest(scores, best);
            }

            int met = 0;
            for (int row = 0; row < layout.Rows; row++)
            {
                int candidates = 0;
                for (int i = 0; i < n; i++)
                {
                    int score = scores[(i * AllClasses) + (op.ClassAgnostic ? best[i] : layout.Classes[row])];
                    if (score > Least)
                    {
                        keys[candidates++] = BoxSuppression.Key(score, i);
                    }
                }

                keys[..candidates].Sort();
                int found = BoxSuppression.Select(corners, keys[..Math.Min(candidates, layout.Candidates)], _overlap, kept);
                for (int k = 0; k < found; k++, met++)
                {
                    boxOf[met] = kept[k];
                    classOf[met] = op.ClassAgnostic ? best[kept[k]] : layout.Classes[row];
                    meeting[met] = BoxSuppression.Key(scores[(kept[k] * AllClasses) + classOf[met]], met);
                }
            }

            meeting[..met].Sort();
            int count = Math.Min(met, op.MaxDetections);
            if (op.GroupByClass)
            {
                Group(meeting[..count], classOf);
            }

            Write(a, meeting[..count], corners, boxOf, classOf, scores);
        }

        /// <summary>Sorts by class what is sorted by score: a stable insertion, for detections are few.</summary>
        private static void Group(Span<long> order, ReadOnlySpan<int> classOf)
        {
            for (int i = 1; i < order.Length; i++)
            {
                long moved = order[i];
                int own = classOf[BoxSuppression.Position(moved)];
                int to = i;
                for (; to > 0 && classOf[BoxSuppression.Position(order[to - 1])] > own; to--)
                {
                    order[to] = order[to - 1];
                }

                order[to] = moved;
            }
        }

        private void FindBest(ReadOnlySpan<short> scores, Span<int> best)
        {
            for (int i = 0; i < best.Length; i++)
            {
                ReadOnlySpan<short> own = scores.Slice(i * AllClasses, AllClasses);
                best[i] = layout.Classes[0];
                foreach (int c in layout.Classes)
                {
                    best[i] = own[c] > own[best[i]] ? c : best[i];
                }
            }
        }

        private void Write(in FixedArguments a, Span<long> order, Span<int> corners, Span<int> boxOf, Span<int> classOf, ReadOnlySpan<short> scores)
        {
            Span<short> boxes = a.Output<short>(0);
            Span<int> classes = a.Output<int>(1);
            Span<short> shown = a.Output<short>(2);
            boxes.Clear();
            classes.Clear();
            shown.Clear();
            a.Output<int>(3)[0] = order.Length;
            for (int d = 0; d < order.Length; d++)
            {
                int at = BoxSuppression.Position(order[d]);
                for (int c = 0; c < 4; c++)
                {
                    int corner = (corners[(boxOf[at] * 4) + c] + (1 << (BoxDecoder.FractionBits - 1))) >> BoxDecoder.FractionBits;
                    boxes[(d * 4) + c] = (short)Math.Clamp(corner, -short.MaxValue, short.MaxValue);
                }

                classes[d] = classOf[at];
                int score = ScoreScale.Apply(scores[(boxOf[at] * AllClasses) + classOf[at]], 0);
                shown[d] = (short)Math.Clamp(score, -short.MaxValue, short.MaxValue);
            }
        }
    }
}
