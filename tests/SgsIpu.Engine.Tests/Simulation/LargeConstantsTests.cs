using SgsIpu.Core;
using SgsIpu.Engine.Simulation;
using SgsIpu.Frontends.Onnx;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Simulation;

/// <summary>Constants that sessions read where they are, in the orders that operators need.</summary>
public sealed class LargeConstantsTests
{
    private const int Inputs = 160;
    private const int Outputs = 192;

    /// <summary>So that a garbage collection that moved constants would show.</summary>
    private const int Rounds = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void AMatrixMultipliesRows(int rows) => ComputesProducts(new Shape(rows, Inputs), new FullyConnectedOp(), new Shape(Outputs, Inputs));

    [Fact]
    public void AMatrixMultipliesRowsOfAHigherRank() => ComputesProducts(new Shape(1, 2, 3, 4, Inputs), new FullyConnectedOp(), new Shape(Outputs, Inputs));

    [Fact]
    public void AKernelConvolvesAnImage() => ComputesProducts(new Shape(1, 3, 4, Inputs), new Conv2DOp(), new Shape(Outputs, 1, 1, Inputs));

    [Fact]
    public void AFileRunsOnItsOwnBytes()
    {
        const int Rows = 3;
        var random = new Random(6);
        Tensor x = Random(random, new Shape(Rows, 4096));
        Graph graph = Product(x.Shape, new FullyConnectedOp(), Random(random, new Shape(1100, 4096)));
        byte[] file = OnnxWriter.Write(new OnnxEmitter(graph).Emit(["y"]));
        (byte[] model, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, IReadOnlyList<string> outputs) = OnnxTap.Expose(file, new HashSet<string> { "y" }, "product.onnx");
        Assert.InRange(model.Length, 1, file.Length / 100);
        using var session = new OnnxSession(model, files, outputs);
        using var runner = new FloatRunner(graph);
        var inputs = new Dictionary<string, Tensor> { ["x"] = x };
        float[] expected = runner.Run(inputs, CancellationToken.None)["y"].ToFloats();
        Assert.All(session.Run(inputs, CancellationToken.None)[0].ToFloats().Zip(expected), p => Assert.Equal(p.Second, p.First, 1e-3));
    }

    [Fact]
    public void MatricesForSingleRowsAreNotPacked()
    {
        Assert.False(PackedMatrices.Pay(Product(new Shape(1, 4096), new FullyConnectedOp(), new Tensor(DataType.Float32, new Shape(2048, 4096)))));
        Assert.True(PackedMatrices.Pay(Product(new Shape(2, 4096), new FullyConnectedOp(), new Tensor(DataType.Float32, new Shape(2048, 4096)))));
        Assert.True(PackedMatrices.Pay(Product(new Shape(1, Inputs), new FullyConnectedOp(), new Tensor(DataType.Float32, new Shape(Outputs, Inputs)))));
    }

    private static void ComputesProducts(Shape shape, IpuOperator op, Shape weightShape)
    {
        var random = new Random(5);
        Tensor x = Random(random, shape);
        Tensor weights = Random(random, weightShape);
        Graph graph = Product(shape, op, weights);
        using var runner = new FloatRunner(graph);
        for (int round = 0; round < Rounds; round++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            float[] y = runner.Run(new Dictionary<string, Tensor> { ["x"] = x }, CancellationToken.None)["y"].ToFloats();
            for (int i = 0; i < y.Length; i++)
            {
                double sum = 0;
                for (int k = 0; k < Inputs; k++)
                {
                    sum += (double)x.As<float>()[(i / Outputs * Inputs) + k] * weights.As<float>()[(i % Outputs * Inputs) + k];
                }

                Assert.Equal(sum, y[i], 1e-4);
            }
        }
    }

    private static Graph Product(Shape shape, IpuOperator op, Tensor weights)
    {
        var editor = new GraphEditor("product");
        editor.AddInput(new TensorSpec("x", DataType.Float32, shape));
        editor.Outputs.Add(editor.Add("y", op, "x", editor.AddConstant("w", weights)));
        return editor.ToGraph();
    }

    private static Tensor Random(Random random, Shape shape) => Tensor.FromArray<float>([.. Enumerable.Range(0, (int)shape.Count).Select(_ => random.NextSingle() - 0.5f)], shape);
}
