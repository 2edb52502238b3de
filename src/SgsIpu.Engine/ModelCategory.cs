namespace SgsIpu.Engine;

/// <summary>What the outputs of a model are.</summary>
public enum ModelCategory
{
    /// <summary>Nothing is known: every output is returned as it is.</summary>
    Unknown,

    /// <summary>One output: a score for each class.</summary>
    Classification,

    /// <summary>
    /// Boxes of a detection's post-processing: four outputs (boxes [1, N, 4] as y1, x1, y2, x2 in parts of the picture, classes, scores,
    /// number of boxes), or one [1, 1, N, 7] of picture, class, score, x1, y1, x2, y2.
    /// </summary>
    Detection,
}
