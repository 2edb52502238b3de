using SgsIpu.Core;

namespace SgsIpu.Core.Tests;

public sealed class GraphEditorTests
{
    [Fact]
    public void NodesAreSortedAndDeadOnesDropped()
    {
        var editor = new GraphEditor("g");
        editor.AddInput(new TensorSpec("x", DataType.Float32, new Shape(2)));
        string a = editor.Add("a", new Same(), "x");
        string b = editor.Add("b", new Same(), a);
        editor.Add("dead", new Same(), b);
        editor.Outputs.Add(b);
        editor.RemoveDead();
        Graph graph = editor.ToGraph();
        Assert.Equal(["a", "b"], graph.Nodes.Select(n => n.Name));
        GraphVerifier.Verify(graph);
    }

    [Fact]
    public void ACycleIsReported()
    {
        var editor = new GraphEditor("g");
        editor.AddInput(new TensorSpec("x", DataType.Float32, new Shape(2)));
        string a = editor.Add("a", new Same(), "x");
        string b = editor.Add("b", new Same(), a);
        Node first = editor.NodeNamed("a");
        editor.ReplaceNode(first, first with { Inputs = [b] });
        Assert.Equal("GraphCycle", Assert.Throws<IpuException>(editor.ToGraph).ErrorId);
    }

    [Fact]
    public void SwappedNamesFollowProducersReadersAndOutputs()
    {
        var editor = new GraphEditor("g");
        editor.AddInput(new TensorSpec("x", DataType.Float32, new Shape(2)));
        editor.Add("a", new Same(), "x");
        editor.Add("b", new Same(), "a");
        editor.Outputs.Add("b");
        editor.SwapNames("a", "b");
        Graph graph = editor.ToGraph();
        Assert.Equal(["a"], graph.Outputs.ToArray());
        Assert.Equal("b", graph.Producer("a")!.Inputs[0]);
        GraphVerifier.Verify(graph);
    }

    private sealed record Same : Operator
    {
        public override string Name => "Same";

        public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs) => [new TensorType(inputs[0]!.Type, inputs[0]!.Shape)];
    }
}
