using SgsIpu.Core;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>How many boxes of the float model the fixed one finds again.</summary>
/// <param name="decode">Makes boxes of a model's outputs, with a least score.</param>
internal sealed class DetectionScore(Func<IReadOnlyDictionary<string, Tensor>, double, List<Box>> decode) : Score
{
    private const double LeastScore = 0.3;
    private const double LeastOverlap = 0.9;
    private const double Target = 97;

    /// <summary>A box whose score rounding takes a little below the limit is still the same box.</summary>
    private const double Tolerance = 0.05;

    private int _boxes;
    private int _found;
    private int _near;

    public override IEnumerable<Measure> Measures =>
    [
        new("boxes", _boxes, ""),
        new("found at IoU 0.9", 100.0 * _found / _boxes, " %", Target),
        new("at IoU 0.75", 100.0 * _near / _boxes, " %"),
    ];

    public override void Judge(string image, IReadOnlyDictionary<string, Tensor> real, IReadOnlyDictionary<string, Tensor> integers)
    {
        List<Box> again = decode(integers, LeastScore - Tolerance);
        foreach (Box box in decode(real, LeastScore))
        {
            double overlap = again.Where(b => b.Class == box.Class).Select(b => b.Overlap(box)).DefaultIfEmpty().Max();
            _boxes++;
            _found += overlap >= LeastOverlap ? 1 : 0;
            _near += overlap >= 0.75 ? 1 : 0;
        }
    }
}
