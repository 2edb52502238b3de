namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>Chooses one of two bit widths for each layer, so that the sum of losses is least within a budget: the 0/1 knapsack, solved exactly on a grid.</summary>
internal static class BitAllocation
{
    /// <summary>Costs are rounded to parts of the budget so small that a hundred layers' rounding is no layer's cost.</summary>
    private const int Grid = 1 << 16;

    /// <param name="gains">What the wider width saves, of each layer; not negative.</param>
    /// <param name="costs">What the wider width costs, of each layer; not negative.</param>
    /// <param name="budget">The sum of costs is at most this.</param>
    /// <returns>True for the layers that get the wider width.</returns>
    public static bool[] Choose(ReadOnlySpan<double> gains, ReadOnlySpan<double> costs, double budget)
    {
        int n = gains.Length;
        var chosen = new bool[n];
        double total = 0;
        foreach (double cost in costs)
        {
            total += cost;
        }

        if (budget >= total)
        {
            Array.Fill(chosen, true);
            return chosen;
        }

        if (budget < 0)
        {
            return chosen;
        }

        // Costs are rounded up, so that the budget is never exceeded.
        double unit = budget / Grid;
        var cells = new int[n];
        for (int i = 0; i < n; i++)
        {
            cells[i] = costs[i] <= 0 ? 0 : unit > 0 ? (int)Math.Min(Grid + 1, Math.Ceiling(costs[i] / unit)) : Grid + 1;
        }

        var best = new double[Grid + 1];
        var taken = new bool[n, Grid + 1];
        for (int i = 0; i < n; i++)
        {
            for (int room = Grid; room >= cells[i]; room--)
            {
                double with = best[room - cells[i]] + gains[i];
                if (with > best[room])
                {
                    best[room] = with;
                    taken[i, room] = true;
                }
            }
        }

        for (int i = n - 1, room = Grid; i >= 0; i--)
        {
            chosen[i] = taken[i, room];
            room -= chosen[i] ? cells[i] : 0;
        }

        return chosen;
    }
}
