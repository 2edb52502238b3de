using SgsIpu.Core;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Simulation;

/// <summary>Each tensor is the sum of the one before and of the one three before, so that every cut is crossed by three of them.</summary>
public sealed class StretchedGraphTests
{
    private const int Count = 36;

    [Fact]
    public void WhatChangesReachesTheOutputsThroughAllStretches()
    {
        Graph graph = Sums();
        double[] before = Values([]);
        using FloatValues values = Held(Enumerable.Range(0, Count + 1).Select(i => (Name(i), Vector(before[i]))));
        using var stretched = new StretchedGraph(graph);
        Assert.InRange(stretched.Read.Count(), 10, Count - 1);
        foreach (Node node in graph.Nodes)
        {
            string[] handed = [.. stretched.HandedOn(stretched.Behind(node))];
            Assert.NotEmpty(handed);
            using FloatValues changed = Held(handed.Select(t => (t, Vector(before[Index(t)] + 1))));
            stretched.RunBehind(node, changed, values, CancellationToken.None);
            Assert.Equal(Vector(Values([.. handed.Select(Index)])[Count]).ToFloats(), changed.Copy(Name(Count)).ToFloats());
        }
    }

    [Fact]
    public void APartComputesWhatTheWholeDoes()
    {
        Graph graph = Sums();
        double[] values = Values([]);
        Graph part = GraphPart.Of(graph, graph.Nodes.Skip(10).Take(5), [Name(13), Name(15)]).ToGraph();
        string[] read = [Name(10), Name(8), Name(9)];
        Assert.Equal(read, part.Inputs.ToArray());
        using var runner = new FloatRunner(part);
        IReadOnlyDictionary<string, Tensor> outputs = runner.Run(part.Inputs.ToDictionary(i => i, i => Vector(values[Index(i)])), CancellationToken.None);
        Assert.Equal(Vector(values[13]).ToFloats(), outputs[Name(13)].ToFloats());
        Assert.Equal(Vector(values[15]).ToFloats(), outputs[Name(15)].ToFloats());
    }

    private static FloatValues Held(IEnumerable<(string Name, Tensor Value)> tensors)
    {
        var values = new FloatValues();
        foreach ((string name, Tensor value) in tensors)
        {
            values[name] = OnnxBuffers.Copy(value);
        }

        return values;
    }

    private static string Name(int i) => $"t{i}";

    private static int Index(string name) => int.Parse(name.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);

    private static int Earlier(int i) => Math.Max(i - 3, 0);

    private static Tensor Vector(double value) => Tensor.FromArray<float>([(float)value, (float)(2 * value)], 1, 2);

    private static Graph Sums()
    {
        var editor = new GraphEditor("sums");
        editor.AddInput(new TensorSpec(Name(0), DataType.Float32, new Shape(1, 2)));
        for (int i = 1; i <= Count; i++)
        {
            editor.AddNode(Name(i), new AddOp(), [Name(i - 1), Name(Earlier(i))], [Name(i)]);
        }

        editor.Outputs.Add(Name(Count));
        return editor.ToGraph();
    }

    /// <summary>The values of all tensors; some of them one more than they would be, and then what follows from it.</summary>
    private static double[] Values(int[] raised)
    {
        double[] plain = raised.Length == 0 ? [] : Values([]);
        var values = new double[Count + 1];
        values[0] = 1;
        for (int i = 1; i <= Count; i++)
        {
            values[i] = raised.Contains(i) ? plain[i] + 1 : values[i - 1] + values[Earlier(i)];
        }

        return values;
    }
}
