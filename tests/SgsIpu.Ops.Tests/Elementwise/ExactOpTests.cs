using SgsIpu.Core;

namespace SgsIpu.Ops.Tests.Elementwise;

/// <summary>Arithmetic on exact integers, and between integers and real numbers.</summary>
public sealed class ExactOpTests
{
    private const int Rounds = 8;

    public static TheoryData<string> Operators => ["Add", "Sub", "Mul", "Div", "Max", "Min", "Mod", "FloorDiv"];

    [Theory]
    [MemberData(nameof(Operators))]
    public void Integers_are_computed_exactly(string name)
    {
        var random = new RandomShapes(name.Length);
        IpuOperator op = name switch
        {
            "Add" => new AddOp(),
            "Sub" => new SubOp(),
            "Mul" => new MulOp(),
            "Div" => new DivOp(),
            "Max" => new MaximumOp(),
            "Min" => new MinimumOp(),
            "Mod" => new ModOp(false),
            _ => new FloorDivOp(),
        };
        for (int round = 0; round < Rounds; round++)
        {
            int[] shape = random.Shape();
            Tensor a = random.Ints(-1000, 1000, shape);
            Tensor b = random.Ints(-20, 20, random.Broadcastable(shape));
            foreach (ref int v in b.As<int>())
            {
                v = v == 0 ? 7 : v;
            }

            FixedOutcome y = new OperatorHarness(op).Activation(a).Activation(b).RunFixed(DataType.Int16, DataType.Int16);
            Assert.Equal(y.Expected[0].ToLongs(), y.Integers[0].ToLongs());
        }
    }

    [Fact]
    public void Extremes_wrap_and_never_trap()
    {
        Tensor a = Tensor.FromArray([int.MinValue, int.MaxValue, int.MinValue, 5], 4);
        Tensor b = Tensor.FromArray([-1, -1, 0, 0], 4);
        foreach (IpuOperator op in new IpuOperator[] { new DivOp(), new ModOp(true), new ModOp(false), new FloorDivOp() })
        {
            int[] y = Exact(op, a, b);
            Assert.Equal(0, y[2]);
            Assert.Equal(0, y[3]);
        }

        Assert.Equal([int.MinValue, -int.MaxValue], Exact(new DivOp(), a, b)[..2]);
        Assert.Equal([int.MaxValue, int.MaxValue - 1], Exact(new AddOp(), a, b)[..2]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rests_of_quantized_numbers_are_those_of_the_real_ones(bool truncated)
    {
        // Multiples of the divisor are left out: next to them a rest jumps.
        float[] a = [.. Enumerable.Range(-40, 81).Select(i => (i * 0.37f) + 0.123f)];
        foreach (float divisor in new[] { 1.5f, -1.5f, 4f })
        {
            FixedOutcome y = new OperatorHarness(new ModOp(truncated))
                .Activation(Tensor.FromArray(a, a.Length))
                .Constant(Tensor.FromArray([divisor], 1))
                .RunFixed(DataType.Int16, DataType.Int16);
            Assert.InRange(y.Decibels, 60, double.PositiveInfinity);
        }
    }

    [Fact]
    public void Whole_quotients_of_quantized_numbers_are_those_of_the_real_ones()
    {
        float[] a = [.. Enumerable.Range(-40, 81).Select(i => (i * 0.37f) + 0.123f)];
        FixedOutcome y = new OperatorHarness(new FloorDivOp()).Activation(Tensor.FromArray(a, a.Length)).Constant(Tensor.FromArray([1.5f], 1)).RunFixed(DataType.Int16, DataType.Int16);
        Assert.InRange(y.MaxErrorLsb, 0, 0.6);
    }

    [Fact]
    public void Whole_numbers_survive_the_way_to_real_ones_and_back()
    {
        Tensor whole = Tensor.FromArray([.. Enumerable.Range(-200, 401).Select(i => i * 150)], 401);
        FixedOutcome real = new OperatorHarness(new CastOp(DataType.Float32)).Activation(whole).RunFixed(DataType.Int16, DataType.Int16);
        Assert.Equal(whole.ToFloats(), real.Values);
        for (int most = 1; most < 3000; most = (most * 3) + 1)
        {
            // At any scale: most is the largest number, and gives the scale.
            Tensor values = Tensor.FromArray([.. Enumerable.Range(-most, (2 * most) + 1).Select(i => (float)i)], (2 * most) + 1);
            FixedOutcome back = new OperatorHarness(new CastOp(DataType.Int32)).Activation(values).RunFixed(DataType.Int16, DataType.Int16);
            Assert.Equal(values.ToFloats(), back.Integers[0].ToFloats());
        }
    }

    [Fact]
    public void Casts_of_broken_numbers_go_toward_zero()
    {
        FixedOutcome y = new OperatorHarness(new CastOp(DataType.Int64)).Activation(Tensor.FromArray([-2.7f, -1.2f, -0.3f, 0.4f, 1.9f, 2.6f], 6)).RunFixed(DataType.Int16, DataType.Int16);
        Assert.Equal([-2L, -1, 0, 0, 1, 2], y.Integers[0].ToLongs());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(17)]
    public void Products_over_a_dimension_keep_their_magnitude(int factors)
    {
        Tensor x = Samples.Uniform(factors, 0.4, 1.6, 6, factors);
        FixedOutcome y = new OperatorHarness(new ReduceOp(ReduceKind.Prod, [1])).Activation(x).RunFixed(DataType.Int16, DataType.Int16);
        Assert.InRange(y.MaxErrorLsb, 0, 0.51);
    }

    [Fact]
    public void Reductions_of_integers_are_exact()
    {
        Tensor x = new RandomShapes(2).Ints(-2, 2, 3, 4, 5);
        foreach (ReduceKind kind in Enum.GetValues<ReduceKind>().Where(k => k != ReduceKind.Mean))
        {
            FixedOutcome y = new OperatorHarness(new ReduceOp(kind, [0, 2])).Activation(x).RunFixed(DataType.Int16, DataType.Int16);
            Assert.Equal(y.Expected[0].ToLongs(), y.Integers[0].ToLongs());
        }
    }

    private static int[] Exact(IpuOperator op, Tensor a, Tensor b)
    {
        var x = new TensorSpec("a", a.Type, a.Shape);
        var z = new TensorSpec("b", b.Type, b.Shape);
        byte[] y = new byte[a.Bytes.Length];
        op.PrepareFixed(new FixedBinding("n", [x, z], [x with { Name = "y" }])).Run(new FixedArguments([a.Bytes.ToArray(), b.Bytes.ToArray()], [y], default, 1));
        return new Tensor(a.Type, a.Shape, y).ToInts();
    }
}
