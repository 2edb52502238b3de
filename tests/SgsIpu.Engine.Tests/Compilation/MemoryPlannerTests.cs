using SgsIpu.Core;
using SgsIpu.Engine.Compilation;

namespace SgsIpu.Engine.Tests.Compilation;

public sealed class MemoryPlannerTests
{
    [Fact]
    public void TensorsThatLiveTogetherNeverOverlap()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            Graph graph = RandomGraph(seed);
            MemoryPlan plan = MemoryPlanner.Plan(graph);
            Dictionary<string, (int First, int Last)> needed = Needed(graph);
            Assert.Equal(needed.Keys.Order(), plan.Blocks.Select(b => b.Tensor).Order());
            var owner = new Dictionary<(int Step, long Cell), string>();
            foreach ((string tensor, (int first, int last)) in needed)
            {
                Assert.Equal(0, plan[tensor].Offset % 64);
                Assert.InRange(plan[tensor].Offset + graph[tensor].ByteCount, 0, plan.Total);
                for (int step = first; step <= last; step++)
                {
                    for (long cell = 0; cell < graph[tensor].ByteCount; cell++)
                    {
                        Assert.True(owner.TryAdd((step, plan[tensor].Offset + cell), tensor), $"seed {seed}: {tensor} at {step}");
                    }
                }
            }

            Assert.True(plan.Total >= plan.LowerBound);
            Assert.Null(MemoryPlanner.Fault(graph, plan));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void AChainTakesNoMoreThanItsLargestNode(int seed)
    {
        var random = new Random(seed);
        var editor = new GraphEditor("chain");
        int[] sizes = [.. Enumerable.Range(0, 30).Select(_ => random.Next(1, 1000))];
        editor.AddInput(new TensorSpec("t0", DataType.UInt8, new Shape(sizes[0])));
        for (int i = 1; i < sizes.Length; i++)
        {
            editor.AddNode($"n{i}", new SizedOp(sizes[i]), [$"t{i - 1}"], [$"t{i}"]);
        }

        editor.Outputs.Add($"t{sizes.Length - 1}");
        MemoryPlan plan = MemoryPlanner.Plan(editor.ToGraph());
        long bound = sizes.Zip(sizes.Skip(1), (a, b) => ((a + 63) / 64 * 64) + ((b + 63) / 64 * 64)).Max();
        Assert.Equal(bound, plan.LowerBound);
        Assert.Equal(bound, plan.Total);
    }

    [Fact]
    public void TheSameGraphGetsTheSamePlan()
    {
        MemoryPlan a = MemoryPlanner.Plan(RandomGraph(7));
        MemoryPlan b = MemoryPlanner.Plan(RandomGraph(7));
        Assert.Equal(a.Total, b.Total);
        Assert.Equal(a.Blocks.AsEnumerable(), b.Blocks.AsEnumerable());
    }

    [Fact]
    public void OutputsKeepTheirMemoryToTheEnd()
    {
        var editor = new GraphEditor("early output");
        editor.AddInput(new TensorSpec("x", DataType.UInt8, new Shape(100)));
        editor.AddNode("a", new SizedOp(100), ["x"], ["early"]);
        editor.AddNode("b", new SizedOp(100), ["x"], ["middle"]);
        editor.AddNode("c", new SizedOp(100), ["middle"], ["late"]);
        editor.Outputs.Add("early");
        editor.Outputs.Add("late");
        MemoryPlan plan = MemoryPlanner.Plan(editor.ToGraph());
        Assert.False(plan["early"].Overlaps(plan["middle"]));
        Assert.False(plan["early"].Overlaps(plan["late"]));
        Assert.Equal(3 * 128, plan.Total);
    }

    [Fact]
    public void FaultsOfAPlanAreNamed()
    {
        Graph graph = RandomGraph(3);
        MemoryPlan plan = MemoryPlanner.Plan(graph);
        MemoryBlock last = plan.Blocks[^1];
        Assert.Contains("places", MemoryPlanner.Fault(graph, new MemoryPlan(plan.Total, plan.Blocks.RemoveAt(0))), StringComparison.Ordinal);
        Assert.Contains("overlap", MemoryPlanner.Fault(graph, new MemoryPlan(plan.Total, plan.Blocks.Select(b => b with { Offset = 0 }))), StringComparison.Ordinal);
        Assert.Contains("arena", MemoryPlanner.Fault(graph, new MemoryPlan(0, plan.Blocks)), StringComparison.Ordinal);
        Assert.Contains("arena", MemoryPlanner.Fault(graph, new MemoryPlan(plan.Total, plan.Blocks.Replace(last, last with { Offset = last.Offset + 1 }))), StringComparison.Ordinal);
        Assert.Contains("bytes", MemoryPlanner.Fault(graph, new MemoryPlan(plan.Total, plan.Blocks.Replace(last, last with { Size = last.Size - 1 }))), StringComparison.Ordinal);
    }

    /// <summary>An independent reading of the graph: from before the first node (-1) to after the last.</summary>
    private static Dictionary<string, (int First, int Last)> Needed(Graph graph)
    {
        var needed = new Dictionary<string, (int, int)>();
        foreach (TensorSpec tensor in graph.Tensors.Values)
        {
            int[] writes = [.. Enumerable.Range(0, graph.Nodes.Length).Where(n => graph.Nodes[n].Outputs.Contains(tensor.Name))];
            int[] reads = [.. Enumerable.Range(0, graph.Nodes.Length).Where(n => graph.Nodes[n].Inputs.Contains(tensor.Name))];
            int first = writes.Length == 1 ? writes[0] : -1;
            int last = graph.Outputs.Contains(tensor.Name) ? graph.Nodes.Length : reads.Append(first).Max();
            needed[tensor.Name] = (first, last);
        }

        return needed;
    }

    private static Graph RandomGraph(int seed)
    {
        var random = new Random(seed);
        var editor = new GraphEditor("random");
        var names = new List<string>();
        for (int i = 0; i < random.Next(1, 4); i++)
        {
            names.Add($"in{i}");
            editor.AddInput(new TensorSpec(names[^1], DataType.UInt8, new Shape(random.Next(1, 300))));
        }

        for (int i = 0; i < 20; i++)
        {
            string[] inputs = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => names[random.Next(names.Count)])];
            string[] outputs = [.. Enumerable.Range(0, random.Next(1, 3)).Select(o => $"t{i}_{o}")];
            editor.AddNode($"n{i}", new SizedOp([.. outputs.Select(_ => random.Next(1, 300))]), inputs, outputs);
            names.AddRange(outputs);
        }

        foreach (string output in names.Where(_ => random.Next(8) == 0).Append(names[^1]).Distinct())
        {
            editor.Outputs.Add(output);
        }

        return editor.ToGraph();
    }

    /// <summary>Gives outputs of given sizes, whatever the inputs.</summary>
    private sealed record SizedOp(params int[] Sizes) : Operator
    {
        public override string Name => "Sized";

        public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs) => [.. Sizes.Select(s => new TensorType(DataType.UInt8, new Shape(s)))];
    }
}
