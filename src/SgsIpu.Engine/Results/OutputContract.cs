using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Engine.Results;

/// <summary>What the outputs of a model must be for a category, and how they are read.</summary>
public static class OutputContract
{
    private const int RowOfDetectionOutput = 7;

    /// <exception cref="IpuException">The outputs are not those of the category (id <c>Category</c>).</exception>
    public static void Check(IpuModel model, ModelCategory category)
    {
        ArgumentNullException.ThrowIfNull(model);
        Check(model.Name, model.Outputs, category);
    }

    /// <summary>As <see cref="Check(IpuModel, ModelCategory)"/>, for outputs that no model describes: what the script of a network in stages returns.</summary>
    /// <param name="name">Whose outputs they are, for the message.</param>
    public static void Check(string name, ImmutableArray<TensorSpec> outputs, ModelCategory category)
    {
        string? wanted = category switch
        {
            ModelCategory.Classification when outputs.Length != 1 => "one output with a score for each class",
            ModelCategory.Detection when !IsDetectionOutput(outputs) && !IsPostProcess(outputs) =>
                "four outputs (boxes [1, N, 4], classes [1, N], scores [1, N], their number [1]) or one of [1, 1, N, 7]",
            _ => null,
        };
        if (wanted is not null)
        {
            throw new IpuException("Category", $"'{name}' is no {category}: that is {wanted}, and it has {(outputs.IsEmpty ? "none" : string.Join("; ", outputs))}", IpuErrorKind.InvalidArgument) { Target = name };
        }
    }

    /// <summary>The boxes of one run, best first, those of a score of at least <paramref name="threshold"/>.</summary>
    /// <param name="outputs">The model's outputs in their order, as real numbers.</param>
    public static ImmutableArray<DetectedBox> Boxes(IReadOnlyList<Tensor> outputs, float threshold)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        IEnumerable<DetectedBox> boxes = outputs.Count == 1 ? OfRows(outputs[0].ToFloats()) : OfPostProcess(outputs);
        return [.. boxes.Where(b => b.Score >= threshold).OrderByDescending(b => b.Score).ThenBy(b => b.Class)];
    }

    private static bool IsDetectionOutput(ImmutableArray<TensorSpec> outputs) => outputs is [{ Shape.Rank: > 1 } rows] && rows.Shape[-1] == RowOfDetectionOutput;

    private static bool IsPostProcess(ImmutableArray<TensorSpec> outputs) =>
        outputs is [{ Shape.Rank: > 1 } boxes, var classes, var scores, { Shape.Count: 1 }]
        && boxes.Shape[-1] == 4 && classes.Shape.Count * 4 == boxes.Shape.Count && scores.Shape.Count == classes.Shape.Count;

    private static IEnumerable<DetectedBox> OfRows(float[] rows)
    {
        for (int at = 0; at + RowOfDetectionOutput <= rows.Length; at += RowOfDetectionOutput)
        {
            // A negative picture marks a row that holds nothing.
            if (rows[at] >= 0)
            {
                yield return new DetectedBox((int)rows[at + 1], rows[at + 2], rows[at + 3], rows[at + 4], rows[at + 5], rows[at + 6]);
            }
        }
    }

    private static IEnumerable<DetectedBox> OfPostProcess(IReadOnlyList<Tensor> outputs)
    {
        float[] boxes = outputs[0].ToFloats();
        float[] classes = outputs[1].ToFloats();
        float[] scores = outputs[2].ToFloats();
        int count = Math.Clamp((int)outputs[3].ToFloats()[0], 0, scores.Length);
        for (int i = 0; i < count; i++)
        {
            yield return new DetectedBox((int)classes[i], scores[i], boxes[(4 * i) + 1], boxes[4 * i], boxes[(4 * i) + 3], boxes[(4 * i) + 2]);
        }
    }
}
