using System.Text.Json;
using SgsIpu.Core;
using SgsIpu.Kernels;
using SgsIpu.Kernels.Recurrent;

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
    public void EveryOperatorIsFoundByItsName() => Assert.All(OpCatalog.Entries, e => Assert.Equal(e.Type, OpCatalog.TypeOf(e.Name)));

    [Theory]
    [InlineData("")]
    [InlineData("Ipu")]
    [InlineData("add")]
    [InlineData("Nothing")]
    [InlineData("AddOp, SgsIpu.Ops")]
    [InlineData("Add`1[[System.Int32]]")]
    [InlineData("Add+")]
    [InlineData("\0Add")]
    public void NothingElseIsFound(string name) => Assert.Null(OpCatalog.TypeOf(name));

    /// <summary>Attributes that are lists, records or names of their own.</summary>
    public static TheoryData<IpuOperator> Elaborate =>
    [
        new LstmOp(true, true) { Direction = RecurrentDirections.Bidirectional, Activations = [GateActivation.Affine, GateActivation.Tanh], Alpha = [0.5f], Beta = [2], Clip = 3, Lengths = [1, 2] },
        new GruOp(true) { Direction = RecurrentDirections.Reverse, Activations = [GateActivation.Softsign] },
        new RnnOp(),
        new ResizeSeparableOp([new ResizeAxis(2, 5, 1.25, 0.1, 0.9)], ResizeCoordinates.TfCropAndResize, new ResizeFilter(true, -0.5, true, true), 7),
        new GridSampleOp(GridSampling.Cubic, GridPadding.Reflection, true),
        new LocalResponseNormalizationOp(5, 0.1f, 0.75f, 2),
        new RmsNormalizationOp(-2, 1e-6f),
        new LogSoftmaxOp(1),
        new MaxPoolWithIndices2DOp(true) { KernelH = 3, CeilMode = true },
    ];

    [Theory]
    [MemberData(nameof(Elaborate))]
    public void AttributesSurviveAModelFile(IpuOperator op)
    {
        JsonElement written = OpJson.Write(op);
        IpuOperator read = OpJson.Read(op.Name, written);
        Assert.Equal(op.GetType(), read.GetType());
        Assert.Equal(written.GetRawText(), OpJson.Write(read).GetRawText());
        Assert.All(op.GetType().GetProperties().Where(p => p.SetMethod is not null), p => Assert.Equal(p.GetValue(op), p.GetValue(read)));
    }

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
