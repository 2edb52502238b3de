namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>A detected object; corners in any unit.</summary>
internal readonly record struct Box(int Class, double Score, double X1, double Y1, double X2, double Y2)
{
    /// <summary>Intersection over union.</summary>
    public double Overlap(Box other)
    {
        double width = Math.Min(X2, other.X2) - Math.Max(X1, other.X1);
        double height = Math.Min(Y2, other.Y2) - Math.Max(Y1, other.Y1);
        double common = Math.Max(width, 0) * Math.Max(height, 0);
        return common / (Area + other.Area - common);
    }

    private double Area => (X2 - X1) * (Y2 - Y1);

    /// <summary>Leaves out boxes that a better one of their class covers.</summary>
    public static List<Box> Suppress(IEnumerable<Box> boxes, double overlap)
    {
        var kept = new List<Box>();
        foreach (Box box in boxes.OrderByDescending(b => b.Score))
        {
            if (!kept.Any(k => k.Class == box.Class && k.Overlap(box) > overlap))
            {
                kept.Add(box);
            }
        }

        return kept;
    }
}
