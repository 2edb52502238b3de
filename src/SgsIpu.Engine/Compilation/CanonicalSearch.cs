namespace SgsIpu.Engine.Compilation;

/// <summary>
/// Decides whether blocks of fixed lifetimes fit a memory of a given size: a depth-first search after Moffitt, "MiniMalloc: A Lightweight
/// Memory Allocator for Hardware-Accelerated Machine Learning" (ASPLOS 2023). Blocks are placed from the lowest offset up, each directly on
/// what is under it, so that one placement stands for all that gravity makes the same. The memory that is wasted below the blocks to come is
/// told by sections of time; what no block's life spans is solved apart.
/// </summary>
internal sealed class CanonicalSearch
{
    /// <summary>Visits of the first searches; later ones take longer.</summary>
    private const long FirstShare = 1_000_000;

    /// <summary>By how many places blocks move in an order.</summary>
    private static readonly double[] Shakes = [0, 2, 8, 16, 32];

    private readonly MemoryDemand[] _demands;
    private readonly int[] _rank;
    private readonly long _capacity;

    /// <summary>Sections of time that a block lives in, [first, end).</summary>
    private readonly (int First, int End)[] _span;

    private readonly int[][] _neighbours;

    /// <summary>By section: bytes of the blocks to come.</summary>
    private readonly long[] _left;

    /// <summary>By block: its offset, or the lowest that it can have.</summary>
    private readonly long[] _floor;
    private readonly bool[] _placed;
    private readonly Stack<(long[] Array, int At, long Value)> _changes = new();
    private long _effort;

    private CanonicalSearch(MemoryDemand[] demands, int[] rank, long capacity, long effort)
    {
        (_demands, _rank, _capacity, _effort) = (demands, rank, capacity, effort);
        int n = demands.Length;
        (_span, int sections) = Sections(demands);
        _neighbours = [.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, n).Where(j => j != i && demands[i].LivesWith(demands[j])).ToArray())];
        _left = new long[sections];
        _floor = new long[n];
        _placed = new bool[n];
        for (int i = 0; i < n; i++)
        {
            for (int s = _span[i].First; s < _span[i].End; s++)
            {
                _left[s] += demands[i].Size;
            }
        }
    }

    /// <summary>The places of the blocks; null where they do not fit, or the effort did not suffice to tell.</summary>
    /// <param name="effort">Visits of blocks and sections.</param>
    public static long[]? TryPlace(MemoryDemand[] demands, long capacity, long effort)
    {
        // No order serves all, and a bad decision early on is never mended: many short searches, their orders shaken a little.
        int[][] orders = Orders(demands);
        var random = new Random(demands.Length);
        int[] byTime = [.. Enumerable.Range(0, demands.Length).OrderBy(i => demands[i].First).ThenBy(i => i)];
        for (int turn = 0; effort > 0; turn++)
        {
            int[] order = orders[turn % orders.Length];
            int[] rank = Shaken(order, Shakes[turn / orders.Length % Shakes.Length], random);
            long share = Math.Min(effort, FirstShare * (1 + (turn / (orders.Length * Shakes.Length))));
            var search = new CanonicalSearch(demands, rank, capacity, share);
            if (search.Solve(byTime, 0, -1))
            {
                return search._floor;
            }

            if (search._effort > 0)
            {
                return null;
            }

            effort -= share;
        }

        return null;
    }

    /// <summary>The rank of each block, after moves of a few places up or down.</summary>
    private static int[] Shaken(int[] order, double places, Random random)
    {
        double[] keys = [.. order.Select((_, i) => i + (places * random.NextDouble()))];
        int[] shaken = [.. order];
        Array.Sort(keys, shaken);
        int[] rank = new int[order.Length];
        for (int i = 0; i < rank.Length; i++)
        {
            rank[shaken[i]] = i;
        }

        return rank;
    }

    /// <summary>Blocks of crowded times first, or long-lived ones, or large ones over their time.</summary>
    private static int[][] Orders(MemoryDemand[] demands)
    {
        ((int First, int End)[] span, int sections) = Sections(demands);
        long[] total = new long[sections];
        for (int i = 0; i < demands.Length; i++)
        {
            for (int s = span[i].First; s < span[i].End; s++)
            {
                total[s] += demands[i].Size;
            }
        }

        long Total(int i) => total[span[i].First..span[i].End].Max();
        long Width(int i) => demands[i].Last - demands[i].First + 1;
        double Area(int i) => (double)demands[i].Size * Width(i);
        IEnumerable<int> all = Enumerable.Range(0, demands.Length);
        int[][] orders =
        [
            [.. all.OrderByDescending(Width).ThenByDescending(Area).ThenByDescending(Total)],
            [.. all.OrderByDescending(Total).ThenByDescending(Area).ThenByDescending(Width)],
            [.. all.OrderByDescending(Total).ThenByDescending(Width).ThenByDescending(Area)],
        ];
        return orders;
    }

    /// <summary>The times at which most blocks live: at any other, only some of those that live at one of these.</summary>
    private static ((int First, int End)[] Span, int Count) Sections(MemoryDemand[] demands)
    {
        int[] ends = [.. demands.Select(d => d.Last).Order()];
        int next = 0;
        var sections = new List<int>();
        foreach (int first in demands.Select(d => d.First).Order())
        {
            int before = next;
            for (; ends[next] < first; next++)
            {
            }

            if (sections.Count == 0 || next > before)
            {
                sections.Add(first);
            }
            else
            {
                // None has ended since the last one began: all live on.
                sections[^1] = first;
            }
        }

        int[] times = [.. sections];
        var span = new (int, int)[demands.Length];
        for (int i = 0; i < demands.Length; i++)
        {
            int first = Array.BinarySearch(times, demands[i].First);
            int last = Array.BinarySearch(times, demands[i].Last);
            span[i] = (first < 0 ? ~first : first, last < 0 ? ~last : last + 1);
        }

        return (span, times.Length);
    }

    /// <summary>Places blocks, which are sorted by the beginning of their lives.</summary>
    /// <param name="lowest">Offset of the block placed last; blocks at the same offset come by rank.</param>
    private bool Solve(int[] blocks, long lowest, int rank)
    {
        // Blocks that share no time with the others do not depend on them.
        int from = 0;
        int end = int.MinValue;
        for (int i = 0; i < blocks.Length; i++)
        {
            if (i > from && _demands[blocks[i]].First > end)
            {
                if (!SolveConnected(blocks[from..i], lowest, rank))
                {
                    return false;
                }

                from = i;
            }

            end = Math.Max(end, _demands[blocks[i]].Last);
        }

        return from == blocks.Length || SolveConnected(from == 0 ? blocks : blocks[from..], lowest, rank);
    }

    private bool SolveConnected(int[] blocks, long lowest, int rank)
    {
        if (blocks.Length == 1)
        {
            return _floor[blocks[0]] + _demands[blocks[0]].Size <= _capacity && Place(blocks[0]);
        }

        // A block that would fit entirely below another must not come after it.
        long least = long.MaxValue;
        foreach (int block in blocks)
        {
            least = Math.Min(least, _floor[block] + _demands[block].Size);
        }

        if (!Fits(blocks, lowest, rank, least))
        {
            return false;
        }

        int[] candidates = Array.FindAll(blocks, b => _floor[b] < least && !Passed(b, lowest, rank));
        Array.Sort(candidates, (a, b) => _floor[a] != _floor[b] ? _floor[a].CompareTo(_floor[b]) : _rank[a].CompareTo(_rank[b]));
        foreach (int block in candidates)
        {
            int mark = _changes.Count;
            Place(block);
            if (Solve(Array.FindAll(blocks, b => b != block), _floor[block], _rank[block]))
            {
                return true;
            }

            Undo(mark);
            foreach (int undone in blocks)
            {
                _placed[undone] = false;
            }

            if (_effort <= 0)
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>True for a block whose turn at its lowest offset is over: it can only lie on one that is still to come.</summary>
    private bool Passed(int block, long lowest, int rank) => _floor[block] < lowest || (_floor[block] == lowest && _rank[block] <= rank);

    /// <summary>False where some section has too little memory left above what its blocks lie on at best.</summary>
    private bool Fits(int[] blocks, long lowest, int rank, long least)
    {
        int first = _span[blocks[0]].First;
        int end = first;
        foreach (int block in blocks)
        {
            end = Math.Max(end, _span[block].End);
        }

        Span<long> under = end - first <= 1024 ? stackalloc long[end - first] : new long[end - first];
        under.Fill(long.MaxValue);
        foreach (int block in blocks)
        {
            long offset = Passed(block, lowest, rank) ? Math.Max(_floor[block], least) : _floor[block];
            if (offset + _demands[block].Size > _capacity)
            {
                return false;
            }

            (int spanFirst, int spanEnd) = _span[block];
            _effort -= spanEnd - spanFirst + 1;
            foreach (ref long lowestOf in under[(spanFirst - first)..(spanEnd - first)])
            {
                lowestOf = Math.Min(lowestOf, offset);
            }
        }

        for (int s = first; s < end; s++)
        {
            if (_left[s] > 0 && under[s - first] + _left[s] > _capacity)
            {
                return false;
            }
        }

        return true;
    }

    private bool Place(int block)
    {
        _placed[block] = true;
        long top = _floor[block] + _demands[block].Size;
        for (int s = _span[block].First; s < _span[block].End; s++)
        {
            Set(_left, s, _left[s] - _demands[block].Size);
        }

        foreach (int other in _neighbours[block])
        {
            if (!_placed[other] && _floor[other] < top)
            {
                Set(_floor, other, top);
            }
        }

        return true;
    }

    private void Set(long[] array, int at, long value)
    {
        if (array[at] != value)
        {
            _changes.Push((array, at, array[at]));
            array[at] = value;
        }
    }

    private void Undo(int mark)
    {
        while (_changes.Count > mark)
        {
            (long[] array, int at, long value) = _changes.Pop();
            array[at] = value;
        }
    }
}
