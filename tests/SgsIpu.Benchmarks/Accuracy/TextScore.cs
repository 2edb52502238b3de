using SgsIpu.Core;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>How many characters that the float model reads the fixed one reads too.</summary>
internal sealed class TextScore : Score
{
    private const double Target = 99;

    private int _characters;
    private int _edits;
    private int _lines;
    private int _sameLines;

    public override IEnumerable<Measure> Measures =>
    [
        new("characters", _characters, ""),
        new("equal", 100.0 * (_characters - _edits) / _characters, " %", Target),
        new("equal lines", 100.0 * _sameLines / _lines, " %"),
    ];

    public override void Judge(string image, IReadOnlyDictionary<string, Tensor> real, IReadOnlyDictionary<string, Tensor> integers)
    {
        List<int> first = Decoders.Text(real.Values.First());
        List<int> second = Decoders.Text(integers.Values.First());
        int edits = Distance(first, second);
        _characters += first.Count;
        _edits += edits;
        _lines++;
        _sameLines += edits == 0 ? 1 : 0;
    }

    /// <summary>Insertions, deletions and replacements that make one of the other (Levenshtein).</summary>
    private static int Distance(List<int> a, List<int> b)
    {
        int[] row = [.. Enumerable.Range(0, b.Count + 1)];
        for (int i = 1; i <= a.Count; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Count; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
