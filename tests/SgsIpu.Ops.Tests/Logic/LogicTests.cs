using SgsIpu.Core;

namespace SgsIpu.Ops.Tests.Logic;

public sealed class LogicTests
{
    private const int Rounds = 12;

    public static TheoryData<ComparisonKind> Comparisons => [.. Enum.GetValues<ComparisonKind>()];

    /// <summary>Numbers that are further apart than half a step of the coarser operand compare as the real ones do, at any scales.</summary>
    [Theory]
    [MemberData(nameof(Comparisons))]
    public void Quantized_numbers_compare_as_real_ones(ComparisonKind kind)
    {
        var random = new RandomShapes((int)kind);
        for (int round = 0; round < Rounds; round++)
        {
            int[] shape = random.Shape();
            FixedOutcome y = new OperatorHarness(new CompareOp(kind))
                .Activation(random.Reals(shape))
                .Activation(random.Reals(random.Broadcastable(shape)))
                .RunFixed(DataType.Int16, DataType.Int16);
            Assert.Equal(y.Expected[0].ToLongs(), y.Integers[0].ToLongs());
        }
    }

    [Theory]
    [MemberData(nameof(Comparisons))]
    public void Exact_integers_compare_exactly(ComparisonKind kind)
    {
        var random = new RandomShapes(50 + (int)kind);
        for (int round = 0; round < Rounds; round++)
        {
            int[] shape = random.Shape();
            FixedOutcome y = new OperatorHarness(new CompareOp(kind))
                .Activation(random.Longs(-3, 3, shape))
                .Activation(random.Longs(-3, 3, random.Broadcastable(shape)))
                .RunFixed(DataType.Int16, DataType.Int16);
            Assert.Equal(y.Expected[0].ToLongs(), y.Integers[0].ToLongs());
        }
    }

    /// <summary>3 out of [−10, 10] and 3 out of [0, 3] are stored as different integers, and are the same number.</summary>
    [Fact]
    public void A_whole_number_equals_itself_at_two_scales()
    {
        Tensor x = Tensor.FromArray([-10f, 2f, 3f, 4f, 10f], 5);
        FixedOutcome equal = new OperatorHarness(new CompareOp(ComparisonKind.Equal)).Activation(x).Constant(Tensor.FromArray([3f], 1)).RunFixed(DataType.Int16, DataType.Int16);
        Assert.Equal([0L, 0, 1, 0, 0], equal.Integers[0].ToLongs());
        FixedOutcome least = new OperatorHarness(new CompareOp(ComparisonKind.GreaterOrEqual)).Activation(x).Constant(Tensor.FromArray([3f], 1)).RunFixed(DataType.Int16, DataType.Int16);
        Assert.Equal([0L, 0, 1, 1, 1], least.Integers[0].ToLongs());
    }

    [Theory]
    [InlineData("And")]
    [InlineData("Or")]
    [InlineData("Xor")]
    public void Truth_values_are_joined_as_the_file_says(string opType)
    {
        var random = new RandomShapes(opType.Length);
        for (int round = 0; round < Rounds; round++)
        {
            int[] shape = random.Shape();
            Tensor a = random.Truths(shape);
            Tensor b = random.Truths(random.Broadcastable(shape));
            new LiftHarness(opType, 13).Input(a).Input(b).AssertSame(0);
            FixedOutcome y = new OperatorHarness(new LogicOp(Enum.Parse<LogicKind>(opType))).Activation(a).Activation(b).RunFixed(DataType.Int16, DataType.Int16);
            Assert.Equal(y.Expected[0].ToLongs(), y.Integers[0].ToLongs());
        }
    }

    [Fact]
    public void The_opposite_of_the_opposite_is_the_same()
    {
        Tensor x = new RandomShapes(3).Truths(3, 4, 5);
        FixedOutcome y = new OperatorHarness(new NotOp()).Activation(x).RunFixed(DataType.Int16, DataType.Int16);
        Assert.Equal(x.ToLongs().Select(v => 1 - v), y.Integers[0].ToLongs());
    }

    [Fact]
    public void Choices_are_exact_but_for_the_rounding_of_what_is_chosen()
    {
        var random = new RandomShapes(9);
        for (int round = 0; round < Rounds; round++)
        {
            int[] shape = random.Shape();
            foreach (DataType type in new[] { DataType.Int16, DataType.UInt8 })
            {
                FixedOutcome y = new OperatorHarness(new WhereOp())
                    .Activation(random.Truths(random.Broadcastable(shape)))
                    .Activation(random.Reals(shape))
                    .Activation(random.Reals(random.Broadcastable(shape)))
                    .RunFixed(type, type);
                Assert.InRange(y.MaxErrorLsb, 0, 1e-2);
            }
        }
    }

    [Fact]
    public void Truth_values_are_not_added_up()
    {
        OperatorHarness and = new OperatorHarness(new LogicOp(LogicKind.And)).Activation(new Tensor(DataType.Int64, new Shape(2))).Activation(new Tensor(DataType.Int64, new Shape(2)));
        Assert.Equal("ShapeMismatch", Assert.Throws<IpuException>(and.ToGraph).ErrorId);
    }
}
