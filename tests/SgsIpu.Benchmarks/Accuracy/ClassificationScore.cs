using SgsIpu.Core;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>Top-1 of both models, and in how many pictures they agree.</summary>
/// <param name="classOf">The class of a picture.</param>
internal sealed class ClassificationScore(Func<string, int> classOf, double loss, double? agreement = null) : Score
{
    private int _images;
    private int _right;
    private int _rightInIntegers;
    private int _same;

    public override IEnumerable<Measure> Measures =>
    [
        new("float top-1", 100.0 * _right / _images, " %"),
        new("loss", 100.0 * (_right - _rightInIntegers) / _images, "", loss, AtMost: true),
        new("agreement", 100.0 * _same / _images, " %", agreement),
    ];

    public override void Judge(string image, IReadOnlyDictionary<string, Tensor> real, IReadOnlyDictionary<string, Tensor> integers)
    {
        int expected = classOf(image);
        int first = Best(real.Values.First().ToFloats());
        int second = Best(integers.Values.First().ToFloats());
        _images++;
        _right += first == expected ? 1 : 0;
        _rightInIntegers += second == expected ? 1 : 0;
        _same += first == second ? 1 : 0;
    }

    private static int Best(float[] scores) => Array.IndexOf(scores, scores.Max());
}
