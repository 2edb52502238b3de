using System.Diagnostics;

namespace SgsIpu.Kernels;

/// <summary>
/// Threads that help with the parts of one job at a time. After a job they look out for the next one for a moment before they sleep, since
/// the nodes of a network follow each other within microseconds.
/// </summary>
internal sealed class WorkerPool
{
    private static readonly long Patience = Stopwatch.Frequency / 20_000;

    private readonly Helper[] _helpers;
    private WorkerJob? _job;
    private int _busy;
    private int _left;

    /// <summary>Number of the job (32 bits), its parts (16) and the next of them (16), so that one exchange takes a part of that job and of no other.</summary>
    private long _ticket;

    private WorkerPool(int helpers)
    {
        _helpers = [.. Enumerable.Range(0, helpers).Select(i => new Helper(this, i))];
    }

    /// <summary>One thread less than there are processors: the caller works too.</summary>
    public static WorkerPool Shared { get; } = new(Environment.ProcessorCount - 1);

    /// <summary>Reserves the helpers; false where there are none or they are busy, so that a job within a job runs on its own thread.</summary>
    public bool TryEnter() => _helpers.Length > 0 && Interlocked.CompareExchange(ref _busy, 1, 0) == 0;

    /// <summary>Runs all parts of a job, with the caller, after <see cref="TryEnter"/>; the helpers are free afterwards.</summary>
    /// <param name="threads">Threads to run on, the caller's among them.</param>
    public void Run(WorkerJob job, int threads)
    {
        _job = job;
        Volatile.Write(ref _left, job.Parts);
        long number = (_ticket >>> 32) + 1;
        Interlocked.Exchange(ref _ticket, (number << 32) | ((long)job.Parts << 16));
        int helpers = Math.Min(_helpers.Length, Math.Min(threads, job.Parts) - 1);
        for (int i = 0; i < helpers; i++)
        {
            _helpers[i].Wake();
        }

        Work();
        var wait = default(SpinWait);
        while (Volatile.Read(ref _left) != 0)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }

        _job = null;
        Volatile.Write(ref _busy, 0);
    }

    /// <summary>Takes parts until none is left.</summary>
    private void Work()
    {
        while (true)
        {
            long ticket = Volatile.Read(ref _ticket);
            int part = (int)(ticket & 0xFFFF);
            if (part >= (int)((ticket >> 16) & 0xFFFF))
            {
                return;
            }

            if (Interlocked.CompareExchange(ref _ticket, ticket + 1, ticket) == ticket)
            {
                _job!.Run(part);
                Interlocked.Decrement(ref _left);
            }
        }
    }

    private sealed class Helper
    {
        private readonly WorkerPool _pool;
        private readonly SemaphoreSlim _call = new(0);
        private int _called;
        private int _asleep;

        public Helper(WorkerPool pool, int index)
        {
            _pool = pool;
            new Thread(Loop) { IsBackground = true, Name = FormattableString.Invariant($"SgsIpu kernels {index + 1}") }.Start();
        }

        public void Wake()
        {
            Interlocked.Exchange(ref _called, 1);
            if (Interlocked.Exchange(ref _asleep, 0) == 1)
            {
                _call.Release();
            }
        }

        private void Loop()
        {
            while (true)
            {
                long since = Stopwatch.GetTimestamp();
                while (Volatile.Read(ref _called) == 0 && Stopwatch.GetTimestamp() - since < Patience)
                {
                    Thread.SpinWait(20);
                }

                if (Volatile.Read(ref _called) == 0)
                {
                    Sleep();
                }

                Interlocked.Exchange(ref _called, 0);
                _pool.Work();
            }
        }

        private void Sleep()
        {
            Interlocked.Exchange(ref _asleep, 1);

            // A call between the two exchanges saw no sleeper, unless it took the mark: then its release is on the way.
            if (Volatile.Read(ref _called) == 0 || Interlocked.Exchange(ref _asleep, 0) == 0)
            {
                _call.Wait();
            }
        }
    }
}
