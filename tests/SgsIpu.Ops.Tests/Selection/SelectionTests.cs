using SgsIpu.Core;

namespace SgsIpu.Ops.Tests.Selection;

/// <summary>Selection moves numbers and asks for their order: the fixed form is exact on the integers that it is given.</summary>
public sealed class SelectionTests
{
    private const int Rounds = 10;

    /// <summary>Dequantizing in single precision is all that may differ.</summary>
    private const double Exact = 1e-2;

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void The_place_of_the_extreme_is_exact_with_ties(bool max, bool last)
    {
        var random = new RandomShapes(1);
        for (int round = 0; round < Rounds; round++)
        {
            int[] shape = random.Shape();
            var op = new ArgOp(max, random.Next(0, shape.Length - 1), random.Next(0, 1) == 0, last);

            // Few different numbers, so that ties are many.
            Tensor few = Tensor.FromArray<float>([.. random.Longs(-2, 2, shape).ToFloats()], new Shape(shape));
            foreach (Tensor x in new[] { few, random.Reals(shape), random.Longs(-2, 2, shape) })
            {
                FixedOutcome y = new OperatorHarness(op).Activation(x).RunFixed(DataType.Int16, DataType.Int16);
                Assert.Equal(y.Expected[0].ToLongs(), y.Integers[0].ToLongs());
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_best_elements_come_in_order_with_their_places(bool largest)
    {
        var random = new RandomShapes(2);
        for (int round = 0; round < Rounds; round++)
        {
            int[] shape = random.Shape();
            int axis = random.Next(0, shape.Length - 1);
            var op = new TopKOp(random.Next(1, shape[axis]), axis, largest);
            Tensor few = Tensor.FromArray<float>([.. random.Longs(-2, 2, shape).ToFloats()], new Shape(shape));
            foreach (Tensor x in new[] { few, random.Reals(shape) })
            {
                foreach (DataType type in new[] { DataType.Int16, DataType.UInt8 })
                {
                    FixedOutcome y = new OperatorHarness(op, 2).Activation(x).RunFixed(type, type);
                    Assert.InRange(y.MaxErrorLsb, 0, Exact);
                }
            }
        }
    }

    [Fact]
    public void A_long_list_is_sorted_as_the_standard_library_sorts_it()
    {
        var random = new Random(5);
        long[] values = [.. Enumerable.Range(0, 5000).Select(_ => (long)random.Next(-700, 700))];
        FixedOutcome y = new OperatorHarness(new TopKOp(values.Length, 0), 2).Activation(Tensor.FromArray(values, values.Length)).RunFixed(DataType.Int16, DataType.Int16);
        Assert.Equal(Enumerable.Range(0, values.Length).OrderByDescending(i => values[i]).ThenBy(i => i).Select(i => (long)i), y.Integers[1].ToLongs());
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Running_sums_round_once(bool exclusive, bool reverse)
    {
        var random = new RandomShapes(3);
        for (int round = 0; round < Rounds; round++)
        {
            int[] shape = random.Shape();
            var op = new CumSumOp(random.Next(0, shape.Length - 1), exclusive, reverse);
            Assert.InRange(new OperatorHarness(op).Activation(random.Reals(shape)).RunFixed(DataType.Int16, DataType.Int16).MaxErrorLsb, 0, 0.51);
            FixedOutcome whole = new OperatorHarness(op).Activation(random.Longs(-9, 9, shape)).RunFixed(DataType.Int16, DataType.Int16);
            Assert.Equal(whole.Expected[0].ToLongs(), whole.Integers[0].ToLongs());
        }
    }

    [Fact]
    public void Elements_are_picked_by_indices_from_either_end()
    {
        var random = new RandomShapes(4);
        for (int round = 0; round < Rounds; round++)
        {
            int[] shape = random.Shape();
            int axis = random.Next(0, shape.Length - 1);
            int[] picked = [.. shape.Select((s, d) => d == axis ? random.Next(1, 9) : random.Next(1, s))];
            FixedOutcome y = new OperatorHarness(new GatherElementsOp(axis))
                .Activation(random.Reals(shape))
                .Activation(random.Longs(-shape[axis], shape[axis] - 1, picked))
                .RunFixed(DataType.Int16, DataType.Int16);
            Assert.InRange(y.MaxErrorLsb, 0, Exact);
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 3)]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public void Slices_are_picked_by_tuples(int batch, int depth)
    {
        var random = new RandomShapes(batch + (10 * depth));
        int[] shape = [3, 4, 3, 5];
        int[] tuples = [.. shape.Take(batch), 2, 3, depth];
        FixedOutcome y = new OperatorHarness(new GatherNDOp(batch))
            .Activation(random.Reals(shape))
            .Activation(random.Longs(-3, 2, tuples))
            .RunFixed(DataType.UInt8, DataType.UInt8);
        Assert.InRange(y.MaxErrorLsb, 0, Exact);
    }

    [Theory]
    [InlineData(DataType.Int64)]
    [InlineData(DataType.Int32)]
    [InlineData(DataType.Int16)]
    [InlineData(DataType.UInt16)]
    public void Rows_of_a_table_are_picked_by_indices_of_any_width(DataType type)
    {
        Tensor table = Samples.Uniform(8, -1, 1, 300, 4);
        long[] wanted = [0, 299, 17, 256, 255];
        Tensor indices = type switch
        {
            DataType.Int64 => Tensor.FromArray(wanted, 5),
            DataType.Int32 => Tensor.FromArray<int>([.. wanted.Select(w => (int)w)], new Shape(5)),
            DataType.Int16 => Tensor.FromArray<short>([.. wanted.Select(w => (short)w)], new Shape(5)),
            _ => Tensor.FromArray<ushort>([.. wanted.Select(w => (ushort)w)], new Shape(5)),
        };
        var x = new TensorSpec("x", DataType.Float32, table.Shape) { Constant = table };
        var i = new TensorSpec("i", type, indices.Shape);
        var y = new TensorSpec("y", DataType.Float32, new Shape(5, 4));
        byte[] result = new byte[y.ByteCount];
        new GatherOp(0).PrepareFixed(new FixedBinding("n", [x, i], [y])).Run(new FixedArguments([table.Bytes.ToArray(), indices.Bytes.ToArray()], [result], default, 1));
        Assert.Equal(wanted.SelectMany(w => table.ToFloats().Skip((int)w * 4).Take(4)), new Tensor(DataType.Float32, y.Shape, result).ToFloats());
    }

    [Theory]
    [InlineData(ScatterReduction.None)]
    [InlineData(ScatterReduction.Add)]
    [InlineData(ScatterReduction.Mul)]
    [InlineData(ScatterReduction.Max)]
    [InlineData(ScatterReduction.Min)]
    public void Elements_are_scattered(ScatterReduction reduction)
    {
        var random = new RandomShapes(20 + (int)reduction);
        double limit = reduction switch { ScatterReduction.Add => 0.51, ScatterReduction.Mul => 0.6, _ => Exact };
        for (int round = 0; round < Rounds; round++)
        {
            int[] shape = random.Shape();
            int axis = random.Next(0, shape.Length - 1);
            int[] picked = [.. shape.Select((s, _) => random.Next(1, s))];

            // Places that two updates meet are in no defined order; without a reduction each is met once.
            Tensor indices = random.Longs(-shape[axis], shape[axis] - 1, picked);
            if (reduction == ScatterReduction.None)
            {
                long[] own = [.. indices.ToLongs().Select((_, i) => (long)(i / (int)new Shape(picked.AsSpan()[(axis + 1)..]).Count % picked[axis]))];
                indices = Tensor.FromArray<long>(own, new Shape(picked));
            }

            Tensor updates = Samples.Uniform(round, -1.5, 1.5, picked);
            FixedOutcome y = new OperatorHarness(new ScatterOp(axis, reduction)).Activation(Samples.Uniform(round + 99, -2, 2, shape)).Activation(indices).Activation(updates).RunFixed(DataType.Int16, DataType.Int16);
            Assert.InRange(y.MaxErrorLsb, 0, limit);
        }
    }

    [Theory]
    [InlineData(ScatterReduction.None)]
    [InlineData(ScatterReduction.Add)]
    [InlineData(ScatterReduction.Max)]
    public void Slices_are_scattered(ScatterReduction reduction)
    {
        Tensor indices = Tensor.FromArray([0L, 1, -1, 0, 2, 2], 3, 2);
        FixedOutcome y = new OperatorHarness(new ScatterOp(-1, reduction))
            .Activation(Samples.Uniform(1, -2, 2, 3, 4, 5))
            .Activation(indices)
            .Activation(Samples.Uniform(2, -1, 1, 3, 5))
            .RunFixed(DataType.Int16, DataType.Int16);
        Assert.InRange(y.MaxErrorLsb, 0, reduction == ScatterReduction.Add ? 0.51 : Exact);
    }

    [Fact]
    public void An_index_outside_is_refused_with_its_node()
    {
        OperatorHarness pick = new OperatorHarness(new GatherElementsOp(0)).Activation(Samples.Uniform(1, 0, 1, 3)).Activation(Tensor.FromArray([3L], 1));
        var x = new TensorSpec("x", DataType.Int16, new Shape(3));
        var i = new TensorSpec("i", DataType.Int64, new Shape(1));
        FixedKernel kernel = pick.Op.PrepareFixed(new FixedBinding("pick", [x, i], [x with { Name = "y", Shape = new Shape(1) }]));
        IpuException error = Assert.Throws<IpuException>(() => kernel.Run(new FixedArguments([new byte[6], BitConverter.GetBytes(3L)], [new byte[2]], default, 1)));
        Assert.Equal("GatherIndex", error.ErrorId);
        Assert.Equal("pick", error.Target);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    public void One_of_many_is_marked(int axis)
    {
        Tensor indices = new RandomShapes(7).Longs(-5, 6, 3, 4);
        new LiftHarness("OneHot", 11).Input(indices).Constant(Tensor.Scalar(5L)).Constant(Tensor.FromArray([-1f, 3f], 2)).Attribute("axis", (long)axis).AssertSame(0);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, -2)]
    [InlineData(0, 1)]
    [InlineData(0, 9)]
    public void Triangles_are_kept(long upper, long diagonal) =>
        new LiftHarness("Trilu", 14).Input(Samples.Uniform(3, -1, 1, 2, 4, 5)).Constant(Tensor.Scalar(diagonal)).Attribute("upper", upper).AssertSame(0);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Sequences_are_turned(long batch, long time) =>
        new LiftHarness("ReverseSequence", 10).Input(Samples.Uniform(3, -1, 1, 4, 4, 2)).Constant(Tensor.FromArray([1L, 2, 3, 4], 4))
            .Attribute("batch_axis", batch).Attribute("time_axis", time).AssertSame(0);

    [Theory]
    [InlineData(7, 1)]
    [InlineData(13, -1)]
    [InlineData(13, 0)]
    public void The_hard_maximum_is_the_first(int opset, int axis) =>
        new LiftHarness("Hardmax", opset).Input(Tensor.FromArray<float>([.. new RandomShapes(6).Longs(0, 2, 3, 4, 5).ToFloats()], new Shape(3, 4, 5))).Attribute("axis", (long)axis).AssertSame(0);
}
