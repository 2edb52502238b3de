using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Ops.Tests.Elementwise;

public sealed class BinaryOpTests
{
    /// <summary>½ for the rounding, and what INT32 multipliers and the float reference add.</summary>
    private const double OneRounding = 0.52;

    public static TheoryData<string> Operators => ["Add", "Sub", "Mul", "Div", "Max", "Min", "Pow"];

    public static TheoryData<int[], int[]> Shapes => new()
    {
        { [2, 5, 7, 3], [2, 5, 7, 3] },
        { [2, 5, 7, 3], [3] },
        { [2, 5, 7, 3], [] },
        { [2, 5, 7, 3], [1, 5, 7, 1] },
        { [2, 1, 7, 3], [1, 5, 1, 3] },
        { [3], [2, 5, 7, 3] },
        { [4, 1], [1, 6] },
    };

    [Theory]
    [MemberData(nameof(Operators))]
    public void Lifted_operators_compute_what_the_file_says(string opType)
    {
        foreach (object[] shapes in Shapes)
        {
            new LiftHarness(opType, 13)
                .Input(Samples.Uniform(1, 0.5, 3, (int[])shapes[0]))
                .Input(Samples.Uniform(2, 0.5, 2, (int[])shapes[1]))
                .AssertSame();
        }
    }

    [Theory]
    [InlineData("Max", 1)]
    [InlineData("Max", 4)]
    [InlineData("Min", 3)]
    [InlineData("Sum", 4)]
    public void Operators_of_many_inputs_become_a_chain(string opType, int count)
    {
        var node = new LiftHarness(opType, 13);
        for (int i = 0; i < count; i++)
        {
            node.Input(Samples.Uniform(i, -2, 2, 3, 4));
        }

        Assert.Equal(count - 1, node.AssertSame().Nodes.Length);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Sums_round_once(int[] a, int[] b) => AssertFixed(new AddOp(), a, b, OneRounding);

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Differences_round_once(int[] a, int[] b) => AssertFixed(new SubOp(), a, b, OneRounding);

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Products_round_once(int[] a, int[] b) => AssertFixed(new MulOp(), a, b, OneRounding);

    [Theory]
    [InlineData(1, 5, 7, 3)]
    [InlineData(1, 1, 1, 3)]
    public void Products_take_scales_by_channel_in_one_ratio_to_those_of_the_output(params int[] gate)
    {
        double[] scales = [1, 0.01, 30];
        TensorSpec a = Wide("a", [1, 5, 7, 3], scales);
        TensorSpec b = Wide("b", gate, [0.25]);
        TensorSpec y = Wide("y", [1, 5, 7, 3], [.. scales.Select(s => s * 10000)]);
        short[] left = [.. Enumerable.Range(0, 105).Select(i => (short)((i * 613) - 32000))];
        short[] right = [.. Enumerable.Range(0, (int)b.Shape.Count).Select(i => (short)((i * 977 % 32768) - 9000))];
        var memory = new byte[y.ByteCount];
        new MulOp().PrepareFixed(new FixedBinding("n", [a, b], [y])).Run(new FixedArguments([Bytes(left), Bytes(right)], [memory], default, 1));
        short[] result = MemoryMarshal.Cast<byte, short>(memory).ToArray();
        Assert.All(result.Select((v, i) => Math.Abs(v - (left[i] * 0.25 * right[i % right.Length] / 10000))), error => Assert.InRange(error, 0, OneRounding));
    }

    [Fact]
    public void Products_of_scales_in_other_ratios_are_refused()
    {
        IpuException error = Assert.Throws<IpuException>(() => new MulOp().PrepareFixed(new FixedBinding("n", [Wide("a", [2, 2], [1, 2]), Wide("b", [2, 2], [1])], [Wide("y", [2, 2], [1, 1])])));
        Assert.Equal("FixedNotSupported", error.ErrorId);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Extremes_round_once(int[] a, int[] b)
    {
        AssertFixed(new MaximumOp(), a, b, OneRounding);
        AssertFixed(new MinimumOp(), a, b, OneRounding);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Quotients_round_once(int[] a, int[] b)
    {
        // Divisors far from 0: near it the float reference has its own error.
        FixedOutcome y = new OperatorHarness(new DivOp())
            .Activation(Samples.Uniform(1, -3, 3, a))
            .Activation(Samples.Uniform(2, 0.5, 4, b))
            .RunFixed(DataType.Int16, DataType.Int16);
        Assert.InRange(y.MaxErrorLsb, 0, OneRounding);
    }

    [Fact]
    public void Division_by_zero_saturates_toward_the_sign_of_the_dividend()
    {
        FixedOutcome y = new OperatorHarness(new DivOp())
            .Activation(Tensor.FromArray([1f, -1f, 0f, 2f], 4))
            .Activation(Tensor.FromArray([0f, 0f, 0f, 1f], 4))
            .RunFixed(_ => DataType.Int16, DataType.Int16, QuantParam.Int16(-2, 2));
        Assert.Equal([32767, -32767, 0, 32767], y.Integers[0].ToInts());
    }

    [Fact]
    public void A_constant_of_zeros_costs_no_precision()
    {
        FixedOutcome y = new OperatorHarness(new AddOp())
            .Activation(Samples.Uniform(5, -1e-4, 1e-4, 300))
            .Constant(new Tensor(DataType.Float32, new Shape(300)))
            .RunFixed(DataType.Int16, DataType.Int16);
        Assert.InRange(y.MaxErrorLsb, 0, OneRounding);
    }

    [Theory]
    [InlineData(2f)]
    [InlineData(3f)]
    [InlineData(1.5f)]
    [InlineData(-2f)]
    [InlineData(0.5f)]
    [InlineData(-0.5f)]
    [InlineData(-1f)]
    public void A_constant_exponent_runs_in_fixed_point(float exponent)
    {
        Tensor x = Samples.Uniform(3, 0.2, 2, 4, 100);
        Graph graph = new LiftHarness("Pow", 12).Input(x).Constant(Tensor.Scalar(exponent)).AssertSame(1e-5);
        var op = (IpuOperator)Assert.Single(graph.Nodes).Op;
        Assert.Single(graph.Nodes[0].Inputs);
        FixedOutcome y = new OperatorHarness(op).Activation(x).RunFixed(DataType.Int16, DataType.Int16);
        Assert.InRange(y.MaxErrorLsb, 0, 0.8);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Powers_of_two_tensors_round_once(int[] a, int[] b)
    {
        foreach (DataType type in new[] { DataType.UInt8, DataType.Int16 })
        {
            FixedOutcome y = new OperatorHarness(new PowOp())
                .Activation(Samples.Uniform(1, 0.2, 3, a))
                .Activation(Samples.Uniform(2, -2, 3, b))
                .RunFixed(type, DataType.Int16);
            Assert.InRange(y.MaxErrorLsb, 0, 0.6);
        }
    }

    /// <summary>Exponents of 3 and 1.5: steps of 2^-13 hold both exactly. Below 0 a broken power has the value at 0.</summary>
    [Fact]
    public void Negative_numbers_have_whole_powers()
    {
        FixedOutcome y = new OperatorHarness(new PowOp())
            .Activation(Tensor.FromArray([-2f, -2f, -2f, -2f, 0f, 0f, 0f, -2f], 8))
            .Activation(Tensor.FromArray([3f, 2f, -1f, 1.5f, 2f, 0f, -1f, 0f], 8))
            .RunFixed(_ => DataType.Int16, DataType.Int16, QuantParam.Int16(-8, 8));
        float[] expected = [-8, 4, -0.5f, 0, 0, 1, 8, 1];
        Assert.All(expected.Zip(y.Values), p => Assert.Equal(p.First, p.Second, 1.5e-3));
    }

    [Fact]
    public void Shapes_that_do_not_broadcast_are_refused_with_both_named()
    {
        OperatorHarness add = new OperatorHarness(new AddOp()).Activation(Samples.Uniform(1, 0, 1, 3, 4)).Activation(Samples.Uniform(2, 0, 1, 3));
        IpuException error = Assert.Throws<IpuException>(add.ToGraph);
        Assert.Equal("ShapeMismatch", error.ErrorId);
        Assert.Contains("[3, 4]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[3]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Transposes_move_through_unchanged()
    {
        Assert.Equal(new MulOp(), new MulOp().Permuted([0, 2, 3, 1], []));
    }

    private static TensorSpec Wide(string name, int[] shape, double[] scales) =>
        new(name, DataType.Int16, new Shape(shape)) { Quant = new QuantParam([.. scales], 0, scales.Length == 1 ? -1 : shape.Length - 1) };

    private static byte[] Bytes(short[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private static void AssertFixed(IpuOperator op, int[] a, int[] b, double limit)
    {
        DataType[] types = [DataType.UInt8, DataType.Int16];
        foreach (DataType typeA in types)
        {
            foreach (DataType typeB in types)
            {
                foreach (DataType typeY in types)
                {
                    FixedOutcome y = new OperatorHarness(op)
                        .Activation(Samples.Uniform(1, -1, 3, a))
                        .Activation(Samples.Uniform(2, -0.7, 0.4, b))
                        .RunFixed(i => i == 0 ? typeA : typeB, typeY);
                    Assert.InRange(y.MaxErrorLsb, 0, limit);
                }
            }
        }
    }
}
