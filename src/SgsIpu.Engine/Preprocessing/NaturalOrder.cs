namespace SgsIpu.Engine.Preprocessing;

/// <summary>Names by their characters and the numbers in them by value, so that image2 stands before image10.</summary>
internal sealed class NaturalOrder : IComparer<string?>
{
    public static NaturalOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> a = x;
        ReadOnlySpan<char> b = y;
        while (!a.IsEmpty && !b.IsEmpty)
        {
            ReadOnlySpan<char> first = Digits(a);
            ReadOnlySpan<char> second = Digits(b);
            int order = first.IsEmpty || second.IsEmpty ? a[0].CompareTo(b[0]) : Number(first, second);
            if (order != 0)
            {
                return order;
            }

            a = a[Math.Max(1, first.Length)..];
            b = b[Math.Max(1, second.Length)..];
        }

        // 1 and 01 are the same number: the names themselves decide.
        return a.Length != b.Length ? a.Length.CompareTo(b.Length) : string.CompareOrdinal(x, y);
    }

    private static ReadOnlySpan<char> Digits(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text : text[..end];
    }

    /// <summary>By value, whatever the length.</summary>
    private static int Number(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        a = a.TrimStart('0');
        b = b.TrimStart('0');
        return a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.SequenceCompareTo(b);
    }
}
