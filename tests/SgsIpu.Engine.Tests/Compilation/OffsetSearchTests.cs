using SgsIpu.Engine.Compilation;

namespace SgsIpu.Engine.Tests.Compilation;

public sealed class OffsetSearchTests
{
    /// <summary>A full rectangle of time and memory, cut into blocks: exactly as much memory as it has is enough.</summary>
    [Theory]
    [InlineData(1, 12)]
    [InlineData(2, 20)]
    [InlineData(3, 30)]
    [InlineData(4, 40)]
    public void BlocksThatFillAMemoryAreFoundToFitIt(int seed, int count)
    {
        MemoryDemand[] demands = Cut(new Random(seed), 64, 1024, count);
        long[]? places = CanonicalSearch.TryPlace(demands, 1024, 1_000_000_000);
        Assert.NotNull(places);
        AssertApart(demands, places, 1024);
        Assert.Null(CanonicalSearch.TryPlace(demands, 1023, 1_000_000));
    }

    /// <summary>Against all placements of a few blocks, one on another in every order.</summary>
    [Fact]
    public void FewBlocksFitExactlyWhereSomeOrderMakesThemFit()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            MemoryDemand[] demands = [.. Enumerable.Range(0, 6).Select(_ =>
            {
                int first = random.Next(6);
                return new MemoryDemand(random.Next(1, 8), first, Math.Min(5, first + random.Next(4)));
            })];
            long least = Orders(demands.Length).Min(order => Stacked(demands, order));
            long[]? places = CanonicalSearch.TryPlace(demands, least, 1_000_000);
            Assert.NotNull(places);
            AssertApart(demands, places, least);
            Assert.Null(CanonicalSearch.TryPlace(demands, least - 1, 1_000_000));
        }
    }

    [Fact]
    public void NoPlacementIsBelowTheBoundOrOverlaps()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            MemoryDemand[] demands = Cut(new Random(seed), 40, 640, 25);
            OffsetSearch search = OffsetSearch.Place(demands);
            Assert.Equal(640, search.LowerBound);
            Assert.InRange(search.Total, 640, 653);
            AssertApart(demands, search.Offsets, search.Total);
            Assert.Equal(search.Offsets, OffsetSearch.Place(demands).Offsets);
        }
    }

    private static MemoryDemand[] Cut(Random random, int time, long memory, int count)
    {
        var parts = new List<(int First, int End, long Low, long High)> { (0, time, 0, memory) };
        while (parts.Count < count)
        {
            (int first, int end, long low, long high) = parts[random.Next(parts.Count)];
            if (random.Next(2) == 0 && end - first > 1)
            {
                int at = random.Next(first + 1, end);
                parts.Remove((first, end, low, high));
                parts.AddRange([(first, at, low, high), (at, end, low, high)]);
            }
            else if (high - low > 1)
            {
                long at = random.NextInt64(low + 1, high);
                parts.Remove((first, end, low, high));
                parts.AddRange([(first, end, low, at), (first, end, at, high)]);
            }
        }

        return [.. parts.Select(p => new MemoryDemand(p.High - p.Low, p.First, p.End - 1))];
    }

    private static void AssertApart(MemoryDemand[] demands, IReadOnlyList<long> places, long memory)
    {
        for (int i = 0; i < demands.Length; i++)
        {
            Assert.InRange(places[i], 0, memory - demands[i].Size);
            for (int j = 0; j < i; j++)
            {
                Assert.False(demands[i].LivesWith(demands[j]) && places[i] < places[j] + demands[j].Size && places[j] < places[i] + demands[i].Size, $"{i} and {j} overlap");
            }
        }
    }

    /// <summary>Each block directly above all before it that live with it: some order gives the least memory.</summary>
    private static long Stacked(MemoryDemand[] demands, IReadOnlyList<int> order)
    {
        long[] tops = new long[demands.Length];
        for (int i = 0; i < order.Count; i++)
        {
            long floor = order.Take(i).Where(o => demands[o].LivesWith(demands[order[i]])).Select(o => tops[o]).DefaultIfEmpty().Max();
            tops[order[i]] = floor + demands[order[i]].Size;
        }

        return tops.Max();
    }

    private static IEnumerable<int[]> Orders(int count) => count == 0
        ? [[]]
        : Orders(count - 1).SelectMany(o => Enumerable.Range(0, count).Select(at => o[..at].Append(count - 1).Concat(o[at..]).ToArray()));
}
