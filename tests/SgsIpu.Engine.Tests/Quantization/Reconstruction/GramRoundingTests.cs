using SgsIpu.Engine.Quantization.Reconstruction;

namespace SgsIpu.Engine.Tests.Quantization.Reconstruction;

/// <summary>Rounding on second moments, against the data that they are made of.</summary>
public sealed class GramRoundingTests
{
    [Theory]
    [InlineData(1, 1, 5)]
    [InlineData(7, 17, 130)]
    [InlineData(20, 33, 300)]
    public void ProductsAreTheSumsOfRows(int m, int n, int rows)
    {
        var random = new Random(m);
        float[] a = [.. Enumerable.Range(0, rows * m).Select(_ => random.NextSingle() - 0.5f)];
        float[] b = [.. Enumerable.Range(0, rows * n).Select(_ => random.NextSingle() - 0.5f)];
        float[] product = MatrixProducts.Transposed(a, m, b, n, rows, symmetric: false, CancellationToken.None);
        float[] square = MatrixProducts.Transposed(a, m, a, m, rows, symmetric: true, CancellationToken.None);
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                Assert.Equal(Enumerable.Range(0, rows).Sum(r => (double)a[(r * m) + i] * b[(r * n) + j]), product[(i * n) + j], 1e-4);
            }

            for (int j = 0; j < m; j++)
            {
                Assert.Equal(Enumerable.Range(0, rows).Sum(r => (double)a[(r * m) + i] * a[(r * m) + j]), square[(i * m) + j], 1e-4);
            }
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(100)]
    public void TheFactorSolvesItsSystemInItsOrder(int size)
    {
        var random = new Random(size);
        float[] x = [.. Enumerable.Range(0, size * size * 2).Select(_ => random.NextSingle() - 0.5f)];
        float[] matrix = MatrixProducts.Transposed(x, size, x, size, size * 2, symmetric: true, CancellationToken.None);
        int[] order = [.. Enumerable.Range(0, size).OrderBy(_ => random.Next())];
        double[] wanted = [.. Enumerable.Range(0, size).Select(_ => random.NextDouble())];
        double[] b = [.. Enumerable.Range(0, size).Select(i => Enumerable.Range(0, size).Sum(j => matrix[(order[i] * size) + order[j]] * wanted[j]) + (0.1 * wanted[i]))];
        CholeskyFactor.Of(matrix, order, 0.1, CancellationToken.None).Solve(b);
        for (int i = 0; i < size; i++)
        {
            Assert.Equal(wanted[i], b[i], 1e-6);
        }
    }

    [Theory]
    [InlineData(7, 3)]
    [InlineData(7, 40)]
    [InlineData(127, 40)]
    public void TheErrorOfTheOutputIsNeverAboveThatOfRoundingOneByOne(int levels, int size)
    {
        (float[] data, float[] weights, LayerMoments moments) = Layer(size, 4, 500);
        var rounding = GramRounding.Of(moments, weights, moments, 1, 7, CancellationToken.None);
        double gained = 0;
        for (int o = 0; o < 4; o++)
        {
            float[] row = weights[(o * size)..((o + 1) * size)];
            double scale = row.Max(Math.Abs) / levels;
            double plain = Error(data, row, [.. row.Select(w => Math.Round(w / scale) * scale)], size);
            (sbyte[] integers, double learned) = rounding.Round(o, levels, 0, 40, follow: false, CancellationToken.None);
            Assert.All(integers, q => Assert.InRange(q, -levels, levels));
            double rebuilt = Error(data, row, [.. integers.Select(q => q * learned)], size);

            // The objective is damped by a hundredth of the mean power of an input.
            Assert.True(rebuilt <= plain * 1.02, $"output {o}: {rebuilt} above {plain}");
            gained += plain / rebuilt / 4;
        }

        Assert.True(size == 3 || gained > 1.5, $"gained {gained}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void AFewWeightsAreRoundedAsWellAsByTryingAll(int seed)
    {
        (float[] data, float[] weights, LayerMoments moments) = Layer(4, 1, 300, seed);
        (sbyte[] integers, double scale) = GramRounding.Of(moments, weights, moments, 1, 7, CancellationToken.None).Round(0, 7, 0, 40, follow: false, CancellationToken.None);
        double rebuilt = Error(data, weights, [.. integers.Select(q => q * scale)], 4);
        double best = double.PositiveInfinity;
        for (int code = 0; code < 15 * 15 * 15 * 15; code++)
        {
            double[] tried = [.. new[] { code % 15, code / 15 % 15, code / 225 % 15, code / 3375 }.Select(q => (q - 7) * scale)];
            best = Math.Min(best, Error(data, weights, tried, 4));
        }

        Assert.True(rebuilt <= best * 1.25, $"{rebuilt} is far from the best at its scale, {best}");
    }

    /// <summary>Forty rows of sixty inputs can be fitted by chance; other rows tell how far they may be.</summary>
    [Fact]
    public void FewRowsAreNotFittedToChance()
    {
        const int Size = 60;
        const int Outputs = 4;
        const int Learned = 40 * Size;
        var random = new Random(3);
        float[] data = [.. Enumerable.Range(0, 440 * Size).Select(_ => random.NextSingle() * 10)];
        float[] weights = [.. Enumerable.Range(0, Outputs * Size).Select(_ => random.NextSingle() - 0.5f)];
        LayerMoments learn = Moments(data[..Learned], null);
        LayerMoments judge = Moments(data[Learned..], learn);
        double careful = Loss(GramRounding.Of(learn, weights, judge, 40, 7, CancellationToken.None));
        double trusting = Loss(GramRounding.Of(learn, weights, judge, int.MaxValue, 7, CancellationToken.None));
        Assert.True(careful < 0.9 * trusting, $"{careful} is hardly below {trusting}");

        LayerMoments Moments(float[] rows, LayerMoments? centre) =>
            LayerMoments.Of(rows, new float[rows.Length], weights, rows.Length / Size, Size, Outputs, (_, _) => true, centre, CancellationToken.None);

        double Loss(GramRounding rounding) => Enumerable.Range(0, Outputs).Sum(o =>
        {
            (sbyte[] integers, double scale) = rounding.Round(o, 7, 0, 40, follow: false, CancellationToken.None);
            return judge.Loss(o, [.. integers.Select((q, i) => weights[(o * Size) + i] - (float)(scale * q))]);
        });
    }

    [Fact]
    public void TheAllocationIsTheBestOfAll()
    {
        var random = new Random(9);
        for (int round = 0; round < 20; round++)
        {
            double[] gains = [.. Enumerable.Range(0, 10).Select(_ => random.NextDouble())];
            double[] costs = [.. Enumerable.Range(0, 10).Select(_ => (double)random.Next(1, 50))];
            double budget = random.Next(0, 200);
            bool[] chosen = BitAllocation.Choose(gains, costs, budget);
            Assert.True(costs.Where((_, i) => chosen[i]).Sum() <= budget);

            // Rounding costs up to the grid takes at most a cell for each layer.
            double best = Enumerable.Range(0, 1024)
                .Where(set => Enumerable.Range(0, 10).Where(i => (set >> i & 1) == 1).Sum(i => costs[i]) <= budget * (1 - (10.0 / 4096)))
                .Max(set => Enumerable.Range(0, 10).Where(i => (set >> i & 1) == 1).Sum(i => gains[i]));
            Assert.True(gains.Where((_, i) => chosen[i]).Sum() >= best - 1e-12);
        }
    }

    /// <summary>Correlated inputs, as those of real layers are.</summary>
    private static (float[] Data, float[] Weights, LayerMoments Moments) Layer(int size, int outputs, int rows, int seed = 1)
    {
        var random = new Random(seed);
        float[] mix = [.. Enumerable.Range(0, size * size).Select(_ => random.NextSingle() - 0.5f)];
        var data = new float[rows * size];
        for (int r = 0; r < rows; r++)
        {
            float[] source = [.. Enumerable.Range(0, size).Select(i => (random.NextSingle() - 0.5f) * 40 / (1 + i))];
            for (int i = 0; i < size; i++)
            {
                data[(r * size) + i] = Enumerable.Range(0, size).Sum(j => mix[(i * size) + j] * source[j]) + (random.NextSingle() - 0.5f);
            }
        }

        float[] weights = [.. Enumerable.Range(0, outputs * size).Select(_ => random.NextSingle() - 0.5f)];
        return (data, weights, LayerMoments.Of((float[])data.Clone(), new float[data.Length], weights, rows, size, outputs, (_, _) => true, null, CancellationToken.None));
    }

    /// <summary>Variance of the difference of the outputs: a bias takes its mean.</summary>
    private static double Error(float[] data, float[] weights, double[] rounded, int size)
    {
        double[] errors = [.. Enumerable.Range(0, data.Length / size).Select(r => Enumerable.Range(0, size).Sum(i => data[(r * size) + i] * (weights[i] - rounded[i])))];
        double mean = errors.Average();
        return errors.Average(e => (e - mean) * (e - mean));
    }
}
