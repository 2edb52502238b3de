using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Compilation;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Compilation;

/// <summary>Tensors that share a place must hold what they would hold alone.</summary>
public sealed class SharedPlacesTests
{
    [Fact]
    public void SharedMemoryGivesTheIntegersOfSeparateMemory()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            IpuModel model = Quantized(RandomGraph(seed), seed, out Tensor input);
            Dictionary<string, Tensor> inputs = new() { ["x"] = input };
            using IModelRunner shared = IpuEngine.OpenRunner(model);
            using IModelRunner apart = IpuEngine.OpenRunner(model, [.. model.Tensors.Where(t => !t.IsConstant).Select(t => t.Name)]);
            IReadOnlyDictionary<string, Tensor> expected = apart.Run(inputs, CancellationToken.None);
            foreach ((string name, Tensor value) in shared.Run(inputs, CancellationToken.None))
            {
                Assert.True(expected[name].Bytes.SequenceEqual(value.Bytes), $"seed {seed}: {name}");
            }

            Assert.Null(MemoryPlanner.Fault(model.Graph, MemoryPlanner.Plan(model.Graph)));
        }
    }

    [Fact]
    public void ReshapedJoinedAndOverwrittenTensorsTakeNoMemoryOfTheirOwn()
    {
        var editor = new GraphEditor("shared");
        editor.AddInput(new TensorSpec("x", DataType.Int16, new Shape(1, 4, 4, 16)) { Quant = QuantParam.Int16(-1, 1) });
        Add(editor, new NegOp(), ["x"], "a");
        Add(editor, new ReshapeOp(new Shape(1, 16, 16)), ["a"], "b");
        Add(editor, new NegOp(), ["b"], "c");
        editor.Outputs.Add("c");
        Graph graph = editor.ToGraph();
        MemoryPlan plan = MemoryPlanner.Plan(graph);
        Assert.Equal(512, plan.Total);
        Assert.Null(MemoryPlanner.Fault(graph, plan));
    }

    [Fact]
    public void PartsOfAConcatenationLieInIt()
    {
        var editor = new GraphEditor("parts");
        editor.AddInput(new TensorSpec("x", DataType.Int16, new Shape(1, 100)) { Quant = QuantParam.Int16(-1, 1) });
        Add(editor, new NegOp(), ["x"], "a");
        Add(editor, new AbsOp(), ["x"], "b");
        Add(editor, new ConcatOp(1), ["a", "b"], "y");
        editor.Outputs.Add("y");
        MemoryPlan plan = MemoryPlanner.Plan(editor.ToGraph());
        Assert.Equal(plan["y"].Offset, plan["a"].Offset);
        Assert.Equal(plan["y"].Offset + 200, plan["b"].Offset);
    }

    [Fact]
    public void ATensorThatIsStillNeededIsNotOverwritten()
    {
        var editor = new GraphEditor("needed");
        editor.AddInput(new TensorSpec("x", DataType.Int16, new Shape(1, 64)) { Quant = QuantParam.Int16(-1, 1) });
        Add(editor, new ReshapeOp(new Shape(64)), ["x"], "view");
        Add(editor, new NegOp(), ["x"], "a");
        Add(editor, new AddOp(), ["view", "a"], "y");
        editor.Outputs.Add("y");
        Graph graph = editor.ToGraph();
        MemoryPlan plan = MemoryPlanner.Plan(graph);
        Assert.False(plan["a"].Overlaps(plan["view"]));
        MemoryPlan wrong = new(plan.Total, plan.Blocks.Select(b => b with { Offset = 0 }));
        Assert.Contains("overlap", MemoryPlanner.Fault(graph, wrong), StringComparison.Ordinal);
    }

    private static void Add(GraphEditor editor, IpuOperator op, string[] inputs, string output)
    {
        string made = editor.Add(output, op, inputs);
        editor.SetTensor(editor[made] with { Quant = QuantParam.Int16(-1, 1) });
    }

    /// <summary>Chains and joins of operators that share places, over shapes that vary.</summary>
    private static Graph RandomGraph(int seed)
    {
        var random = new Random(seed);
        var editor = new GraphEditor("random");
        editor.AddInput(new TensorSpec("x", DataType.Float32, new Shape(1, random.Next(1, 6), random.Next(1, 6), random.Next(1, 20))));
        var names = new List<string> { "x" };
        for (int i = 0; i < 14; i++)
        {
            string a = names[random.Next(Math.Max(0, names.Count - 4), names.Count)];
            Shape shape = editor[a].Shape;
            string[] alike = [.. names.Where(n => editor[n].Shape == shape)];
            string b = alike[random.Next(alike.Length)];
            int axis = random.Next(shape.Rank);
            int size = random.Next(1, shape[axis] + 1);
            ImmutableArray<int> ones = [.. Enumerable.Repeat(1, shape.Rank)];
            ImmutableArray<int> starts = [.. Enumerable.Range(0, shape.Rank).Select(d => d == axis ? random.Next(shape[axis] - size + 1) : 0)];
            names.Add(random.Next(8) switch
            {
                0 => editor.Add($"t{i}", new ReshapeOp(new Shape([1, .. shape.Reverse()])), a),
                1 => editor.Add($"t{i}", new ConcatOp(axis), a, b),
                2 => editor.Add($"t{i}", new SliceOp(starts, [.. shape.With(axis, size)], ones), a),
                3 => editor.Add($"t{i}", new AddOp(), a, b),
                4 => editor.Add($"t{i}", new MulOp(), a, b),
                5 => editor.Add($"t{i}", new SigmoidOp(), a),
                6 => editor.Add($"t{i}", new ClipOp(0), a),
                _ => editor.Add($"t{i}", new NegOp(), a),
            });
        }

        foreach (string output in names.Skip(1).Where(_ => random.Next(6) == 0).Append(names[^1]).Distinct())
        {
            editor.Outputs.Add(output);
        }

        editor.RemoveDead();
        return editor.ToGraph();
    }

    private static IpuModel Quantized(Graph graph, int seed, out Tensor input)
    {
        var random = new Random(seed);
        Shape shape = graph["x"].Shape;
        input = Tensor.FromArray<float>([.. Enumerable.Range(0, (int)shape.Count).Select(_ => (random.NextSingle() * 4) - 2)], shape.AsSpan());
        return IpuEngine.Calibrate(new IpuModel("random", IpuStage.Float, graph), new CalibrationOptions(new OneSample(new Sample("x", [input]))) { Level = CalibrationLevel.L1 });
    }

    private sealed class OneSample(Sample sample) : ISampleSource
    {
        public int Count => 1;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken) => sample;
    }
}
