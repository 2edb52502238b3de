using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// ONNX's <c>Einsum</c> as sums, transposes and matrix products: operands are joined from left to right, and an index that no later operand
/// and no output has is summed over as soon as it can be.
/// </summary>
internal static class EinsumImport
{
    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Onnx("Einsum", Lift)];

    private static void Lift(LiftContext c)
    {
        string equation = c.Node.String("equation", "").Replace(" ", "", StringComparison.Ordinal);
        string[] sides = equation.Split("->");
        string[] terms = sides[0].Split(',');
        if (sides.Length > 2 || terms.Length != c.InputCount)
        {
            throw c.Error("EinsumEquation", $"the equation '{equation}' does not fit {c.InputCount} operands");
        }

        int broad = Enumerable.Range(0, terms.Length).Where(i => terms[i].Contains("...", StringComparison.Ordinal)).Select(i => c.Spec(i).Shape.Rank - terms[i].Length + 3).DefaultIfEmpty(0).Max();
        Operand[] operands = [.. terms.Select((t, i) => Read(c, t, i, broad))];
        string output = sides.Length == 2 ? Spell(c, sides[1], broad, broad) : Implied(operands, broad);
        if (output.Distinct().Count() != output.Length || output.Any(o => !operands.Any(p => p.Indices.Contains(o))))
        {
            throw c.Error("EinsumEquation", $"the output of '{equation}' names an index twice, or one that no operand has");
        }

        Operand result = Summed(c, operands[0], string.Concat(operands.Skip(1).Select(o => o.Indices)) + output, 0);
        for (int i = 1; i < operands.Length; i++)
        {
            string later = string.Concat(operands.Skip(i + 1).Select(o => o.Indices)) + output;
            Operand next = Summed(c, operands[i], result.Indices + later, i);
            result = Product(c, result, next, later, i);
        }

        int[] order = [.. output.Select(o => result.Indices.IndexOf(o, StringComparison.Ordinal))];
        if (order.SequenceEqual(Enumerable.Range(0, order.Length)))
        {
            c.AddOutput(0, new IdentityOp(), result.Tensor);
        }
        else
        {
            c.AddOutput(0, new TransposeOp([.. order]), result.Tensor);
        }
    }

    private static Operand Read(LiftContext c, string term, int input, int broad)
    {
        Shape shape = c.Spec(input).Shape;
        bool ellipsis = term.Contains("...", StringComparison.Ordinal);
        string indices = Spell(c, term, ellipsis ? shape.Rank - term.Length + 3 : 0, broad);
        if (indices.Length != shape.Rank)
        {
            throw c.Error("EinsumEquation", $"'{term}' does not fit {c.Spec(input)}");
        }

        var operand = new Operand(c.Input(input), indices);
        while (operand.Indices.GroupBy(i => i).FirstOrDefault(g => g.Count() > 1) is { } repeated)
        {
            operand = Diagonal(c, operand, repeated.Key, term);
        }

        return operand;
    }

    /// <summary>The diagonal of two dimensions: of the matrix as one row, every (n + 1)th element.</summary>
    private static Operand Diagonal(LiftContext c, Operand operand, char index, string term)
    {
        Shape shape = c.SpecOf(operand.Tensor).Shape;
        int first = operand.Indices.IndexOf(index, StringComparison.Ordinal);
        int second = operand.Indices.IndexOf(index, first + 1);
        int n = shape[first];
        if (n == 0 || shape[second] != n)
        {
            throw c.Error("EinsumEquation", $"the diagonal of '{term}' is of {n} by {shape[second]} elements");
        }

        int[] others = [.. Enumerable.Range(0, shape.Rank).Where(d => d != first && d != second)];
        string turned = c.Add("turned", new TransposeOp([.. others, first, second]), operand.Tensor);
        int[] sizes = [.. others.Select(d => shape[d])];
        string row = c.Add("row", new ReshapeOp(new Shape([.. sizes, checked(n * n)])), turned);
        string diagonal = c.Add("diagonal", new SliceOp([.. sizes.Select(_ => 0), 0], [.. sizes, n], [.. sizes.Select(_ => 1), n + 1]), row);
        return new Operand(diagonal, new string([.. others.Select(d => operand.Indices[d]), index]));
    }

    /// <summary>The dots as indices of their own (control characters), the last of <paramref name="broad"/> of them.</summary>
    private static string Spell(LiftContext c, string term, int count, int broad)
    {
        string dots = count < 0 ? "" : new string([.. Enumerable.Range(broad - count, count).Select(i => (char)(i + 1))]);
        string spelled = term.Replace("...", dots, StringComparison.Ordinal);
        return spelled.All(ch => char.IsAsciiLetter(ch) || ch <= broad)
            ? spelled
            : throw c.Error("EinsumEquation", $"'{term}' is not made of letters and one '...'");
    }

    /// <summary>Without an arrow: the dots, then the indices that occur once, sorted.</summary>
    private static string Implied(Operand[] operands, int broad)
    {
        string all = string.Concat(operands.Select(o => o.Indices));
        return new string([.. Enumerable.Range(0, broad).Select(i => (char)(i + 1)), .. all.Where(ch => ch > broad).GroupBy(ch => ch).Where(g => g.Count() == 1).Select(g => g.Key).Order()]);
    }

    /// <summary>Sums over the indices that nothing else has.</summary>
    private static Operand Summed(LiftContext c, Operand operand, string wanted, int number)
    {
        int[] axes = [.. Enumerable.Range(0, operand.Indices.Length).Where(d => !wanted.Contains(operand.Indices[d], StringComparison.Ordinal))];
        return axes.Length == 0
            ? operand
            : new Operand(
                c.Add($"sum{number}", new ReduceOp(ReduceKind.Sum, [.. axes], KeepDims: false), operand.Tensor),
                new string([.. operand.Indices.Where((_, d) => !axes.Contains(d))]));
    }

    private static Operand Product(LiftContext c, Operand a, Operand b, string later, int number)
    {
        string shared = new([.. a.Indices.Where(b.Indices.Contains)]);
        string batch = new([.. shared.Where(later.Contains)]);
        string joined = new([.. shared.Where(s => !later.Contains(s, StringComparison.Ordinal))]);
        string rows = new([.. a.Indices.Where(i => !shared.Contains(i, StringComparison.Ordinal))]);
        string columns = new([.. b.Indices.Where(i => !shared.Contains(i, StringComparison.Ordinal))]);
        Dictionary<char, int> sizes = Sizes(c, a, b);
        string left = Arranged(c, a, batch, rows, joined, $"left{number}");
        string right = Arranged(c, b, batch, columns, joined, $"right{number}");
        string product = c.Add($"product{number}", new BatchMatMulOp(TransposeB: true), left, right);
        string indices = batch + rows + columns;
        return new Operand(c.Add($"joined{number}", new ReshapeOp(new Shape([.. indices.Select(i => sizes[i])])), product), indices);
    }

    /// <summary>An operand as matrices [batch, own, joined]; batch dimensions stay apart, since they may broadcast.</summary>
    private static string Arranged(LiftContext c, Operand operand, string batch, string own, string joined, string hint)
    {
        string order = batch + own + joined;
        Shape shape = c.SpecOf(operand.Tensor).Shape;
        int[] permutation = [.. order.Select(o => operand.Indices.IndexOf(o, StringComparison.Ordinal))];
        string turned = permutation.SequenceEqual(Enumerable.Range(0, shape.Rank)) ? operand.Tensor : SpatialLayout.Transposed(c, operand.Tensor, permutation, hint);
        int Size(string indices) => indices.Aggregate(1, (n, i) => checked(n * shape[operand.Indices.IndexOf(i, StringComparison.Ordinal)]));
        return SpatialLayout.Reshaped(c, turned, new Shape([.. batch.Select(i => Size(i.ToString())), Size(own), Size(joined)]), hint + "/matrices");
    }

    private static Dictionary<char, int> Sizes(LiftContext c, Operand a, Operand b)
    {
        var sizes = new Dictionary<char, int>();
        foreach (Operand operand in (Operand[])[a, b])
        {
            Shape shape = c.SpecOf(operand.Tensor).Shape;
            for (int d = 0; d < shape.Rank; d++)
            {
                sizes[operand.Indices[d]] = Math.Max(shape[d], sizes.GetValueOrDefault(operand.Indices[d]));
            }
        }

        return sizes;
    }

    private sealed record Operand(string Tensor, string Indices);
}
