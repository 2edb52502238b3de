namespace SgsIpu.Kernels;

/// <summary>Splits independent items over threads; one thread runs on the caller's.</summary>
internal static class Workers
{
    /// <summary>Parts for each thread, so that one that is held up leaves work to the others.</summary>
    private const int PartsPerThread = 3;

    /// <summary>Runs <paramref name="body"/> on ranges [first, end) that cover all items once.</summary>
    /// <param name="state">Handed to the body, so that it needs no closure.</param>
    public static void Run<TState>(int items, int threads, TState state, Action<TState, int, int> body)
    {
        if (threads <= 1 || items <= 1 || !WorkerPool.Shared.TryEnter())
        {
            body(state, 0, items);
            return;
        }

        WorkerPool.Shared.Run(Job<TState>.Of(items, Math.Min(items, threads * PartsPerThread), state, body), threads);
    }

    /// <summary>A body with its state, one object for each thread that calls, used again and again.</summary>
    private sealed class Job<TState> : WorkerJob
    {
        [ThreadStatic]
        private static Job<TState>? _own;

        private int _items;
        private TState _state = default!;
        private Action<TState, int, int> _body = default!;

        public static Job<TState> Of(int items, int parts, TState state, Action<TState, int, int> body)
        {
            Job<TState> job = _own ??= new Job<TState>();
            (job._items, job.Parts, job._state, job._body) = (items, parts, state, body);
            return job;
        }

        public override void Run(int part) => _body(_state, (int)((long)_items * part / Parts), (int)((long)_items * (part + 1) / Parts));
    }
}
