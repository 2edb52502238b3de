namespace SgsIpu.Kernels;

/// <summary>Splits independent items over threads; one thread runs on the caller's.</summary>
internal static class Workers
{
    /// <summary>Runs <paramref name="body"/> on ranges [first, end) that cover all items once.</summary>
    /// <param name="state">Handed to the body, so that it needs no closure.</param>
    public static void Run<TState>(int items, int threads, TState state, Action<TState, int, int> body)
    {
        int parts = Math.Clamp(threads, 1, Math.Max(1, items));
        if (parts == 1)
        {
            body(state, 0, items);
            return;
        }

        Split(items, parts, state, body);
    }

    /// <summary>Apart, since the closure is made where its method begins.</summary>
    private static void Split<TState>(int items, int parts, TState state, Action<TState, int, int> body) =>
        Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = parts }, part =>
            body(state, (int)((long)items * part / parts), (int)((long)items * (part + 1) / parts)));
}
