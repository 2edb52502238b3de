using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

public sealed class CatalogTests
{
    [Fact]
    public void EveryOperatorOfTheAssemblyIsInTheCatalog()
    {
        IEnumerable<Type> all = typeof(IpuOperator).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(IpuOperator)) && !t.IsAbstract);
        Assert.Equal(all.Select(t => t.Name).Order(), OpCatalog.Entries.Select(e => e.Type.Name).Order());
    }

    [Fact]
    public void EntriesAreSorted() => Assert.Equal(OpCatalog.Entries.Select(e => e.Name).Order(StringComparer.Ordinal), OpCatalog.Entries.Select(e => e.Name));

    [Fact]
    public void ASliceRunsBackwardsInIntegers()
    {
        var op = new SliceOp([3, 0], [2, 2], [-2, 1]);
        var x = new TensorSpec("x", DataType.Int16, new Shape(4, 2)) { Quant = QuantParam.Int16(-1, 1) };
        var y = new TensorSpec("y", DataType.Int16, op.InferOutputs([x])[0].Shape) { Quant = x.Quant };
        Tensor values = Tensor.FromArray<short>([0, 1, 2, 3, 4, 5, 6, 7], 4, 2);
        byte[] result = new byte[8];
        op.PrepareFixed(new FixedBinding("n", [x], [y])).Run(new FixedArguments([values.Bytes.ToArray()], [result], default, 1));
        Assert.Equal([6, 7, 2, 3], new Tensor(DataType.Int16, y.Shape, result).As<short>().ToArray());
    }
}
