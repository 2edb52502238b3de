namespace SgsIpu.Engine.Compilation;

/// <summary>
/// Places blocks of fixed lifetimes in as little memory as it can (dynamic storage allocation, which is NP-hard). Blocks are placed one by
/// one into the lowest or the tightest gap, in several orders: by size (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net
/// Inference", 2020), by size and time, by crowding. Where none reaches the lower bound, the order is mended: blocks that stick out are
/// placed earlier (Joslin and Clements, "Squeaky Wheel Optimization", 1999). Where that leaves a gap to the bound, <see cref="CanonicalSearch"/>
/// is asked for ever less. The same blocks always get the same places.
/// </summary>
public sealed class OffsetSearch
{
    /// <summary>Work of the mending, in comparisons of two blocks: well under a second where the bound is not reached.</summary>
    private const long Effort = 100_000_000;

    /// <summary>Work of the search for a placement within the bound, in visits of blocks: a second or two where it finds none. The others get an eighth.</summary>
    private const long SearchEffort = 300_000_000;

    /// <summary>Gap to the bound that is searched for less.</summary>
    private const double SearchedGap = 0.02;

    private readonly MemoryDemand[] _demands;
    private readonly bool[] _together;
    private readonly long[] _crowding;
    private readonly int[] _placed;
    private long[] _offsets;
    private long[] _best;

    private OffsetSearch(MemoryDemand[] demands)
    {
        _demands = demands;
        int n = demands.Length;
        _together = new bool[n * n];
        _crowding = new long[n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                _together[(i * n) + j] = demands[i].LivesWith(demands[j]);
                _crowding[i] += _together[(i * n) + j] ? demands[j].Size : 0;
            }
        }

        _placed = new int[n];
        _offsets = new long[n];
        _best = new long[n];
        LowerBound = Bound(demands);
    }

    /// <summary>The most that is needed at one step: no placement takes less.</summary>
    public long LowerBound { get; }

    /// <summary>Bytes from 0 to the end of the highest block.</summary>
    public long Total { get; private set; } = long.MaxValue;

    /// <summary>The place of each block, in the order given.</summary>
    public IReadOnlyList<long> Offsets => _best;

    /// <param name="enough">Bytes with which the search is content; 0 for as few as it can.</param>
    public static OffsetSearch Place(IEnumerable<MemoryDemand> demands, long enough = 0)
    {
        var search = new OffsetSearch([.. demands]);
        search.Run(enough);
        return search;
    }

    private static long Bound(MemoryDemand[] demands)
    {
        // A block that ends before a step gives its bytes back first.
        var changes = demands.SelectMany(d => new[] { (At: d.First, Bytes: d.Size), (At: d.Last + 1, Bytes: -d.Size) });
        long alive = 0;
        long most = 0;
        foreach ((_, long bytes) in changes.OrderBy(c => c.At).ThenBy(c => c.Bytes))
        {
            alive += bytes;
            most = Math.Max(most, alive);
        }

        return most;
    }

    private void Run(long enough)
    {
        if (_demands.Length == 0)
        {
            Total = 0;
            return;
        }

        AlternateEnds();
        Func<int, double>[] urgencies =
        [
            i => _demands[i].Size,
            i => _demands[i].Size * (double)(_demands[i].Last - _demands[i].First + 1),
            i => _crowding[i],
            i => _demands[i].Last - _demands[i].First,
            i => -_demands[i].First,
            i => _demands[i].Last,
        ];
        var starts = new List<(long Total, int[] Order)>();
        foreach (Func<int, double> urgency in urgencies)
        {
            int[] order = [.. Enumerable.Range(0, _demands.Length).OrderByDescending(urgency).ThenByDescending(i => _demands[i].Size).ThenBy(i => _demands[i].First)];
            starts.Add((Math.Min(Try(order, tightest: false), Try(order, tightest: true)), order));
        }

        if (Total > (enough > 0 ? Math.Max(enough, LowerBound) : LowerBound * (1 + SearchedGap)))
        {
            Search(Math.Max(enough, LowerBound));
        }

        long share = Total <= enough ? 0 : Effort / 3;
        foreach ((_, int[] order) in starts.OrderBy(s => s.Total).Take(3))
        {
            Mend(order, share);
        }
    }

    /// <summary>Keeps the placement of an order where it is the best so far.</summary>
    /// <returns>The bytes that it takes.</returns>
    private long Try(int[] order, bool tightest)
    {
        if (Total == LowerBound)
        {
            return Total;
        }

        long total = PlaceInOrder(order, tightest);
        if (total < Total)
        {
            Total = total;
            (_best, _offsets) = (_offsets, _best);
        }

        return total;
    }

    /// <summary>Looks for a placement in <paramref name="wanted"/> bytes, then halves what is between that and the best one.</summary>
    private void Search(long wanted)
    {
        long refused = wanted - 1;
        for (long size = wanted; size < Total && Total - refused > Total / 500; size = refused + ((Total - refused) / 2))
        {
            if (CanonicalSearch.TryPlace(_demands, size, size == wanted ? SearchEffort : SearchEffort / 8) is { } places)
            {
                _best = places;
                Total = places.Zip(_demands, (p, d) => p + d.Size).Max();
            }
            else
            {
                refused = size;
            }
        }
    }

    /// <summary>Squeaky wheels: every block has a rank; blocks that stick out of the wanted memory get a better one.</summary>
    private void Mend(int[] order, long effort)
    {
        int n = order.Length;
        var random = new Random(n);
        var rank = new double[n];
        for (int i = 0; i < n; i++)
        {
            rank[order[i]] = i;
        }

        long rounds = effort / ((long)n * n);
        int[] current = [.. order];
        var keys = new double[n];
        for (long round = 0; round < rounds && Total > LowerBound; round++)
        {
            bool tightest = (round & 1) == 1;
            long before = Total;
            long total = Try(current, tightest);
            long[] offsets = total < before ? _best : _offsets;
            for (int i = 0; i < n; i++)
            {
                long excess = offsets[i] + _demands[i].Size - Math.Max(LowerBound, Total - 1);
                if (excess > 0)
                {
                    rank[i] -= n * (0.05 + (0.4 * random.NextDouble()));
                }
            }

            for (int i = 0; i < n; i++)
            {
                keys[i] = rank[i] + (n * 0.02 * random.NextDouble());
                current[i] = i;
            }

            Array.Sort(keys, current);

            // Ranks are places again, so that an early wish does not weigh for ever.
            for (int i = 0; i < n; i++)
            {
                rank[current[i]] = i;
            }
        }
    }

    private long PlaceInOrder(int[] order, bool tightest)
    {
        int n = order.Length;
        int count = 0;
        long total = 0;
        foreach (int block in order)
        {
            long size = _demands[block].Size;
            int row = block * n;
            long end = 0;
            long best = -1;
            long least = long.MaxValue;
            for (int i = 0; i < count; i++)
            {
                int other = _placed[i];
                if (!_together[row + other])
                {
                    continue;
                }

                long gap = _offsets[other] - end;
                if (gap >= size && gap < least)
                {
                    (best, least) = (end, gap);
                    if (!tightest)
                    {
                        break;
                    }
                }

                end = Math.Max(end, _offsets[other] + _demands[other].Size);
            }

            long offset = best >= 0 ? best : end;
            _offsets[block] = offset;
            total = Math.Max(total, offset + size);

            // Placed blocks stay sorted by offset.
            int at = count++;
            for (; at > 0 && _offsets[_placed[at - 1]] > offset; at--)
            {
                _placed[at] = _placed[at - 1];
            }

            _placed[at] = block;
        }

        return total;
    }

    /// <summary>
    /// In order of time, by turns as low and as high as possible in memory of the least size: reaches the bound on every chain, where
    /// the orders above may not.
    /// </summary>
    private void AlternateEnds()
    {
        int n = _demands.Length;
        long total = 0;
        int[] order = [.. Enumerable.Range(0, n).OrderBy(i => _demands[i].First).ThenByDescending(i => _demands[i].Size)];
        bool Free(int block, long offset, int count) => order.Take(count).All(o => !_together[(block * n) + o] || _best[o] >= offset + _demands[block].Size || offset >= _best[o] + _demands[o].Size);
        for (int i = 0; i < n; i++)
        {
            int block = order[i];
            long high = LowerBound - _demands[block].Size;
            _best[block] = i % 2 == 0 && Free(block, high, i)
                ? high
                : order.Take(i).Where(o => _together[(block * n) + o]).Select(o => _best[o] + _demands[o].Size).Append(0).Where(o => Free(block, o, i)).Min();
            total = Math.Max(total, _best[block] + _demands[block].Size);
        }

        Total = total;
    }
}
