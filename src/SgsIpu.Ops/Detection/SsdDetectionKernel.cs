using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops;

/// <summary>
/// <see cref="SsdDetectionOp"/> on integers. Scores are compared and ordered as integers; boxes are computed in double precision from
/// additions, multiplications and divisions alone, which every machine rounds alike.
/// </summary>
internal sealed class SsdDetectionKernel : FixedKernel
{
    private readonly SsdDetectionOp _op;
    private readonly int _count;
    private readonly int _candidates;
    private readonly int _rows;
    private readonly int _leastScore;
    private readonly double _offsetScale;
    private readonly double _scoreScale;
    private readonly float[] _factor;
    private readonly float[] _shift;

    public SsdDetectionKernel(SsdDetectionOp op, FixedBinding binding)
    {
        _op = op;
        if (binding.Input(0).Type != DataType.Int16 || binding.Input(1).Type != DataType.Int16 || binding.Input(2).Constant is not { } priors || binding.Output.Type != DataType.Float32)
        {
            throw binding.NotSupported("detections are made of INT16 offsets and scores and constant priors, as Float32");
        }

        _offsetScale = FixedBinding.Scale(binding.Input(0));
        _scoreScale = FixedBinding.Scale(binding.Input(1));
        _count = priors.Shape[2] / 4;
        _candidates = op.Candidates(_count);
        _rows = binding.Output.Shape[2];
        (_factor, _shift) = Steps(op, priors.ToFloats());

        // The least integer above the threshold.
        double least = Math.Floor(op.ConfidenceThreshold / _scoreScale) + 1;
        _leastScore = (int)Math.Clamp(least, short.MinValue, short.MaxValue + 1);
    }

    /// <summary>Sorted keys of a class, kept keys of all classes, boxes of the candidates and of what was kept.</summary>
    public override int WorkspaceBytes => checked((_count * sizeof(long)) + (Most * sizeof(long)) + (_candidates * 4 * sizeof(double)) + (Most * 6 * sizeof(float)));

    private int Most => checked(_candidates * _op.Classes);

    /// <summary>
    /// Box = offset · factor + shift, of each corner; for centres and sizes: centre = offset · factor + shift, half the size =
    /// exp(offset · factor) · shift.
    /// </summary>
    public static (float[] Factor, float[] Shift) Steps(SsdDetectionOp op, float[] priors)
    {
        int count = priors.Length / 8;
        var factor = new float[count * 4];
        var shift = new float[count * 4];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> p = priors.AsSpan(i * 4, 4);
            ReadOnlySpan<float> variance = priors.AsSpan((count + i) * 4, 4);
            float width = p[2] - p[0];
            float height = p[3] - p[1];
            for (int d = 0; d < 4; d++)
            {
                float v = op.VarianceInTarget ? 1 : variance[d];
                float side = d % 2 == 0 ? width : height;
                (factor[(i * 4) + d], shift[(i * 4) + d]) = op.Code switch
                {
                    BoxCode.Corner => (v, p[d]),
                    BoxCode.CornerSize => (v * side, p[d]),
                    _ when d < 2 => (v * side, (p[d] + p[d + 2]) / 2),
                    _ => (v, side / 2),
                };
            }
        }

        return (factor, shift);
    }

    public override void Run(in FixedArguments arguments)
    {
        ReadOnlySpan<short> offsets = arguments.Input<short>(0);
        ReadOnlySpan<short> scores = arguments.Input<short>(1);
        Span<byte> workspace = arguments.Workspace;
        Span<long> keys = Take<long>(ref workspace, _count);
        Span<long> kept = Take<long>(ref workspace, Most);
        Span<double> boxes = Take<double>(ref workspace, _candidates * 4);
        Span<float> found = Take<float>(ref workspace, Most * 6);
        int total = 0;
        for (int label = 0; label < _op.Classes; label++)
        {
            if (label != _op.BackgroundLabel)
            {
                int candidates = Best(scores, label, keys);
                Suppress(offsets, label, keys[..candidates], boxes, kept, found, ref total);
            }
        }

        Write(kept[..total], found, arguments.Output<float>(0));
    }

    private static Span<T> Take<T>(ref Span<byte> workspace, int count)
        where T : unmanaged
    {
        Span<T> part = MemoryMarshal.Cast<byte, T>(workspace)[..count];
        workspace = workspace[MemoryMarshal.AsBytes(part).Length..];
        return part;
    }

    /// <summary>Keys order by falling score, then by place: the score's complement above the place.</summary>
    private static long Key(int score, int place) => ((long)(short.MaxValue - score) << 32) | (uint)place;

    private static int ScoreOf(long key) => short.MaxValue - (int)(key >> 32);

    private int Best(ReadOnlySpan<short> scores, int label, Span<long> keys)
    {
        int count = 0;
        for (int i = 0; i < _count; i++)
        {
            int score = scores[(i * _op.Classes) + label];
            if (score >= _leastScore)
            {
                keys[count++] = Key(score, i);
            }
        }

        keys[..count].Sort();
        return Math.Min(count, _candidates);
    }

    private void Suppress(ReadOnlySpan<short> offsets, int label, ReadOnlySpan<long> keys, Span<double> boxes, Span<long> kept, Span<float> found, ref int total)
    {
        int count = 0;
        foreach (long key in keys)
        {
            Span<double> box = boxes.Slice(count * 4, 4);
            Decode(offsets, (int)key, label, box);
            bool free = true;
            for (int k = 0; k < count && free; k++)
            {
                free = Overlap(boxes.Slice(k * 4, 4), box) <= _op.NmsThreshold;
            }

            if (free)
            {
                Span<float> row = found.Slice(total * 6, 6);
                row[0] = label;
                row[1] = (float)(ScoreOf(key) * _scoreScale);
                for (int d = 0; d < 4; d++)
                {
                    row[2 + d] = (float)box[d];
                }

                kept[total] = Key(ScoreOf(key), total);
                total++;
                count++;
            }
        }
    }

    private void Decode(ReadOnlySpan<short> offsets, int prior, int label, Span<double> box)
    {
        int locations = _op.ShareLocation ? 1 : _op.Classes;
        ReadOnlySpan<short> q = offsets.Slice(((prior * locations) + (_op.ShareLocation ? 0 : label)) * 4, 4);
        ReadOnlySpan<float> factor = _factor.AsSpan(prior * 4, 4);
        ReadOnlySpan<float> shift = _shift.AsSpan(prior * 4, 4);
        if (_op.Code != BoxCode.CenterSize)
        {
            for (int d = 0; d < 4; d++)
            {
                box[d] = (q[d] * _offsetScale * factor[d]) + shift[d];
            }

            return;
        }

        for (int d = 0; d < 2; d++)
        {
            double centre = (q[d] * _offsetScale * factor[d]) + shift[d];
            double half = Exponential.Of(q[d + 2] * _offsetScale * factor[d + 2]) * shift[d + 2];
            box[d] = centre - half;
            box[d + 2] = centre + half;
        }
    }

    private static double Overlap(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double width = Math.Min(a[2], b[2]) - Math.Max(a[0], b[0]);
        double height = Math.Min(a[3], b[3]) - Math.Max(a[1], b[1]);
        if (width <= 0 || height <= 0)
        {
            return 0;
        }

        double common = width * height;
        return common / (((a[2] - a[0]) * (a[3] - a[1])) + ((b[2] - b[0]) * (b[3] - b[1])) - common);
    }

    /// <summary>The best rows, the best first.</summary>
    private void Write(Span<long> kept, ReadOnlySpan<float> found, Span<float> output)
    {
        kept.Sort();
        int rows = Math.Min(kept.Length, _rows);
        output.Clear();
        for (int i = 0; i < rows; i++)
        {
            found.Slice((int)kept[i] * 6, 6).CopyTo(output.Slice((i * 7) + 1, 6));
        }
    }
}
