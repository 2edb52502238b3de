using SgsIpu.Core;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>Mean intersection over union of the fixed model's mask with the float one's, over the classes that either has.</summary>
internal sealed class SegmentationScore : Score
{
    private const double Target = 0.97;

    private readonly SortedDictionary<int, (long Common, long Either)> _classes = [];
    private long _pixels;
    private long _same;

    public override IEnumerable<Measure> Measures =>
    [
        new("classes", _classes.Count, ""),
        new("mIoU", _classes.Values.Average(c => (double)c.Common / c.Either), "", Target),
        new("equal pixels", 100.0 * _same / _pixels, " %"),
    ];

    public override void Judge(string image, IReadOnlyDictionary<string, Tensor> real, IReadOnlyDictionary<string, Tensor> integers)
    {
        int[] first = Mask(real.Values.First());
        int[] second = Mask(integers.Values.First());
        for (int i = 0; i < first.Length; i++)
        {
            bool same = first[i] == second[i];
            _pixels++;
            _same += same ? 1 : 0;
            Count(first[i], same);
            if (!same)
            {
                Count(second[i], false);
            }
        }
    }

    private void Count(int type, bool common)
    {
        (long c, long e) = _classes.GetValueOrDefault(type);
        _classes[type] = (c + (common ? 1 : 0), e + 1);
    }

    /// <summary>The best class of each pixel; of one channel, whether it is above one half.</summary>
    private static int[] Mask(Tensor scores)
    {
        int classes = scores.Shape[-1];
        float[] y = scores.ToFloats();
        var mask = new int[y.Length / classes];
        for (int i = 0; i < mask.Length; i++)
        {
            ReadOnlySpan<float> pixel = y.AsSpan(i * classes, classes);
            mask[i] = classes == 1 ? (pixel[0] > 0.5f ? 1 : 0) : pixel.IndexOf(System.Numerics.Tensors.TensorPrimitives.Max(pixel));
        }

        return mask;
    }
}
