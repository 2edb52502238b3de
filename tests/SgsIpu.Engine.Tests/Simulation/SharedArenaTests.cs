using SgsIpu.Core;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Simulation;

public sealed class SharedArenaTests
{
    [Fact]
    public void SessionsOutliveTheArenaTheyShare()
    {
        FloatRunner first;
        FloatRunner second;
        using (SharedArena outer = SharedArena.Use())
        {
            first = Negation();
            using SharedArena inner = SharedArena.Use();
            second = Negation();
        }

        using (first)
        using (second)
        using (FloatRunner own = Negation())
        {
            float[] values = [.. Enumerable.Range(0, 100_000).Select(i => i * 0.5f)];
            float[] expected = [.. values.Select(v => -v)];
            Assert.All([first, second, own], r => Assert.Equal(expected, r.Run(Inputs(values), CancellationToken.None)["y"].ToFloats()));
        }
    }

    [Fact]
    public void AnArenaThatIsDisposedOfTwiceLeavesThoseOfOthers()
    {
        using SharedArena other = SharedArena.Use();
        SharedArena twice = SharedArena.Use();
        twice.Dispose();
        twice.Dispose();
        using FloatRunner runner = Negation();
        Assert.Equal(-1, runner.Run(Inputs([.. Enumerable.Repeat(1f, 100_000)]), CancellationToken.None)["y"].ToFloats()[^1]);
    }

    private static Dictionary<string, Tensor> Inputs(float[] values) => new() { ["x"] = Tensor.FromArray(values, 1, values.Length) };

    private static FloatRunner Negation()
    {
        var editor = new GraphEditor("negation");
        editor.AddInput(new TensorSpec("x", DataType.Float32, new Shape(1, 100_000)));
        editor.Outputs.Add(editor.Add("y", new NegOp(), "x"));
        return new FloatRunner(editor.ToGraph());
    }
}
