using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SgsIpu.Kernels;

/// <summary>
/// Threads that help with the parts of one job at a time. Each begins with a share of neighbouring parts that is the same from job to job,
/// so that what a layer reads is mostly in the cache of the processor that wrote it, and then takes what others have left. What threads tell
/// each other is little and apart, since processors hand a line of cache over in some hundred nanoseconds. After a job they look out for the
/// next one for a moment before they sleep, since the nodes of a network follow each other within microseconds.
/// </summary>
internal sealed class WorkerPool
{
    private static readonly long Patience = Stopwatch.Frequency / 20_000;

    /// <summary>The caller's share, then that of each helper.</summary>
    private readonly Share[] _shares;
    private readonly Helper[] _helpers;
    private WorkerJob? _job;
    private int _busy;
    private int _left;
    private long _number;

    private WorkerPool(int helpers)
    {
        _shares = new Share[helpers + 1];
        _helpers = [.. Enumerable.Range(1, helpers).Select(i => new Helper(this, i))];
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
        int workers = Math.Min(_shares.Length, Math.Min(threads, job.Parts));
        _number++;
        for (int worker = workers - 1; worker >= 0; worker--)
        {
            // All parts of the last job are taken, so that nobody else writes to a ticket now.
            long first = (long)job.Parts * worker / workers;
            long end = (long)job.Parts * (worker + 1) / workers;
            Volatile.Write(ref _shares[worker].Ticket, (_number << 32) | (end << 16) | first);
        }

        for (int worker = 1; worker < workers; worker++)
        {
            _helpers[worker - 1].Wake();
        }

        Work(0);
        var wait = default(SpinWait);
        while (Volatile.Read(ref _left) != 0)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }

        _job = null;
        Volatile.Write(ref _busy, 0);
    }

    /// <summary>Runs parts of a share, from its start, then of the others, from their ends, until none is left.</summary>
    private void Work(int own)
    {
        int done = 0;
        for (int i = 0; i < _shares.Length; i++)
        {
            int worker = own + i < _shares.Length ? own + i : own + i - _shares.Length;
            while (Take(ref _shares[worker].Ticket, isOwn: i == 0) is >= 0 and int part)
            {
                _job!.Run(part);
                done++;
            }
        }

        if (done > 0)
        {
            Interlocked.Add(ref _left, -done);
        }
    }

    /// <summary>Takes a part; −1 where none is left.</summary>
    private static int Take(ref long ticket, bool isOwn)
    {
        while (true)
        {
            long found = Volatile.Read(ref ticket);
            if (!HasParts(found))
            {
                return -1;
            }

            if (Interlocked.CompareExchange(ref ticket, isOwn ? found + 1 : found - (1 << 16), found) == found)
            {
                return isOwn ? (int)(found & 0xFFFF) : (int)((found >> 16) & 0xFFFF) - 1;
            }
        }
    }

    private static bool HasParts(long ticket) => (ticket & 0xFFFF) < ((ticket >> 16) & 0xFFFF);

    /// <summary>Parts of a job that one thread begins with, in lines of cache of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Share
    {
        /// <summary>Number of the job (32 bits), the end of its parts that are left (16) and the first of them (16), so that one exchange takes a part of that job and of no other.</summary>
        [FieldOffset(128)]
        public long Ticket;
    }

    private sealed class Helper
    {
        private readonly WorkerPool _pool;
        private readonly int _share;
        private readonly SemaphoreSlim _call = new(0);
        private int _asleep;

        public Helper(WorkerPool pool, int share)
        {
            (_pool, _share) = (pool, share);
            new Thread(Loop) { IsBackground = true, Name = FormattableString.Invariant($"SgsIpu kernels {share}") }.Start();
        }

        private bool HasWork => HasParts(Volatile.Read(ref _pool._shares[_share].Ticket));

        /// <summary>Wakes a sleeper. One that falls asleep just now may miss this job, which others then do, and hears of the next.</summary>
        public void Wake()
        {
            if (Volatile.Read(ref _asleep) == 1 && Interlocked.Exchange(ref _asleep, 0) == 1)
            {
                _call.Release();
            }
        }

        private void Loop()
        {
            while (true)
            {
                long since = Stopwatch.GetTimestamp();
                while (!HasWork && Stopwatch.GetTimestamp() - since < Patience)
                {
                    Thread.SpinWait(1);
                }

                if (!HasWork)
                {
                    Sleep();
                }

                _pool.Work(_share);
            }
        }

        private void Sleep()
        {
            Interlocked.Exchange(ref _asleep, 1);

            // Work that came before the mark was seen needs no call, unless the caller took the mark: then its release is on the way.
            if (!HasWork || Interlocked.Exchange(ref _asleep, 0) == 0)
            {
                _call.Wait();
            }
        }
    }
}
