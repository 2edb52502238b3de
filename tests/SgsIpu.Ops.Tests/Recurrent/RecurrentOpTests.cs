using SgsIpu.Core;
using SgsIpu.Kernels.Recurrent;

namespace SgsIpu.Ops.Tests;

/// <summary>LSTM, GRU and RNN: their lifted form against ONNX Runtime, and their integers against their float form.</summary>
public sealed class RecurrentOpTests
{
    private const double Floor = 60;

    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (string kind in (string[])["LSTM", "GRU", "RNN"])
            {
                for (int seed = 0; seed < 12; seed++)
                {
                    cases.Add(kind, seed);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ALayerIsThatOfTheStandard(string kind, int seed)
    {
        var t = new Layer(kind, seed);
        var node = new LiftHarness(kind, 14, outputs: kind == "LSTM" ? 3 : 2);
        node.Input(t.X).Constant(t.W).Constant(t.R);
        _ = t.Biased ? node.Constant(t.B) : node.Absent();
        _ = t.Lengths is null ? node.Absent() : node.Constant(t.Lengths);
        _ = t.Started ? node.Input(t.H) : node.Absent();
        if (kind == "LSTM")
        {
            _ = t.Started ? node.Input(t.C) : node.Absent();
            _ = t.Peeps ? node.Constant(t.P) : node.Absent();
        }

        node.Attribute("hidden_size", (long)Layer.Hidden).Attribute("direction", t.Direction.ToString().ToLowerInvariant());
        _ = seed % 4 == 3 ? node.Attribute("clip", 0.5f) : node;
        _ = kind == "GRU" ? node.Attribute("linear_before_reset", seed % 2L) : node;
        _ = kind == "LSTM" ? node.Attribute("input_forget", seed % 5 == 4 ? 1L : 0L) : node;
        node.AssertSame(1e-5);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void IntegersFollowTheFloatForm(string kind, int seed)
    {
        var t = new Layer(kind, seed);
        FixedOutcome outcome = t.Harness(t.Op()).RunFixed(DataType.Int16, DataType.Int16);
        Assert.True(outcome.Decibels >= Floor, $"{outcome.Decibels:F1} dB");
    }

    [Theory]
    [InlineData(GateActivation.Relu)]
    [InlineData(GateActivation.Affine)]
    [InlineData(GateActivation.LeakyRelu)]
    [InlineData(GateActivation.ScaledTanh)]
    [InlineData(GateActivation.HardSigmoid)]
    [InlineData(GateActivation.Elu)]
    [InlineData(GateActivation.Softsign)]
    [InlineData(GateActivation.Softplus)]
    public void EveryActivationHasIntegers(GateActivation activation)
    {
        var t = new Layer("RNN", 0);
        RecurrentOp op = t.Op() with { Activations = [.. Enumerable.Repeat(activation, t.Count)], Alpha = [0.7f, 0.7f], Beta = [0.6f, 0.6f] };
        op = activation is GateActivation.Affine or GateActivation.ScaledTanh or GateActivation.HardSigmoid ? op : op with { Beta = [] };
        op = activation is GateActivation.Relu or GateActivation.Softsign or GateActivation.Softplus ? op with { Alpha = [] } : op;
        FixedOutcome outcome = t.Harness(op).RunFixed(DataType.Int16, DataType.Int16);
        Assert.True(outcome.Decibels >= Floor, $"{outcome.Decibels:F1} dB");
    }

    [Fact]
    public void LargeWeightsSaturateAndDoNotOverflow()
    {
        foreach (string kind in (string[])["LSTM", "GRU", "RNN"])
        {
            var t = new Layer(kind, 1, magnitude: 500);
            FixedOutcome outcome = t.Harness(t.Op()).RunFixed(DataType.Int16, DataType.Int16);

            // Gates that are open or shut: the signs say whether anything wrapped around.
            Assert.True(outcome.Decibels >= 20, $"{kind}: {outcome.Decibels:F1} dB");
        }
    }

    [Fact]
    public void ProductsAreSummedExactly()
    {
        var random = new Random(7);
        for (int length = 0; length < 70; length++)
        {
            short[] a = [.. Enumerable.Range(0, length).Select(_ => (short)random.Next(-32768, 32768))];
            short[] b = [.. Enumerable.Range(0, length).Select(i => i % 5 == 0 ? short.MinValue : (short)random.Next(-32768, 32768))];
            Assert.Equal(a.Zip(b).Sum(p => (long)p.First * p.Second), RecurrentKernel.Dot(a, b));
        }
    }

    [Fact]
    public void TheLastStateOfABatchFirstLayerIsItsOwn()
    {
        // What ONNX Runtime does not take: batches first. The same layer with the steps first is the reference.
        var t = new Layer("LSTM", 4);
        LiftHarness first = new LiftHarness("LSTM", 14, outputs: 3).Input(t.X.Transpose(1, 0, 2)).Constant(t.W).Constant(t.R).Attribute("layout", 1L);
        LiftHarness steps = new LiftHarness("LSTM", 14, outputs: 3).Input(t.X).Constant(t.W).Constant(t.R);
        foreach (LiftHarness node in (LiftHarness[])[first, steps])
        {
            node.Attribute("hidden_size", (long)Layer.Hidden).Attribute("direction", t.Direction.ToString().ToLowerInvariant());
        }

        Tensor[] batches = first.RunLifted(first.Lift());
        Tensor[] wanted = steps.RunLifted(steps.Lift());
        Assert.Equal(wanted[0].Transpose(2, 0, 1, 3).ToFloats(), batches[0].ToFloats());
        Assert.Equal(wanted[1].Transpose(1, 0, 2).ToFloats(), batches[1].ToFloats());
        Assert.Equal(wanted[2].Transpose(1, 0, 2).ToFloats(), batches[2].ToFloats());
    }

    /// <summary>A random layer over 6 steps of a batch of 3.</summary>
    private sealed class Layer
    {
        public const int Hidden = 5;
        private const int Steps = 6;
        private const int Batch = 3;
        private const int Inputs = 4;
        private readonly string _kind;
        private readonly int _seed;
        private readonly double _magnitude;

        public Layer(string kind, int seed, double magnitude = 1)
        {
            (_kind, _seed, _magnitude) = (kind, seed, magnitude);
            Direction = (RecurrentDirections)(seed % 3);
            Biased = seed % 4 != 0;
            Started = seed % 2 == 1;
            Peeps = kind == "LSTM" && seed % 3 != 0;
            Lengths = seed % 4 == 2 ? Tensor.FromArray<int>([6, 3, 1], 3) : null;
        }

        public RecurrentDirections Direction { get; }

        public bool Biased { get; }

        public bool Started { get; }

        public bool Peeps { get; }

        public Tensor? Lengths { get; }

        public int Count => Direction == RecurrentDirections.Bidirectional ? 2 : 1;

        public int Gates => _kind switch { "LSTM" => 4, "GRU" => 3, _ => 1 };

        public Tensor X => Samples.Uniform(_seed, -1, 1, Steps, Batch, Inputs);

        public Tensor W => Samples.Uniform(_seed + 100, -_magnitude, _magnitude, Count, Gates * Hidden, Inputs);

        public Tensor R => Samples.Uniform(_seed + 200, -_magnitude, _magnitude, Count, Gates * Hidden, Hidden);

        public Tensor B => Samples.Uniform(_seed + 300, -0.5, 0.5, Count, 2 * Gates * Hidden);

        public Tensor H => Samples.Uniform(_seed + 400, -0.9, 0.9, Count, Batch, Hidden);

        public Tensor C => Samples.Uniform(_seed + 500, -1.5, 1.5, Count, Batch, Hidden);

        public Tensor P => Samples.Uniform(_seed + 600, -0.5, 0.5, Count, 3 * Hidden);

        public RecurrentOp Op()
        {
            RecurrentOp op = _kind switch { "LSTM" => new LstmOp(_seed % 5 == 4, true), "GRU" => new GruOp(_seed % 2 == 1), _ => new RnnOp() };
            return op with
            {
                Direction = Direction,
                Activations = [.. Enumerable.Repeat(op.UsualActivations, Count).SelectMany(a => a)],
                Lengths = Lengths is null ? [] : [6, 3, 1],
                Clip = _seed % 4 == 3 ? 0.5f : float.PositiveInfinity,
            };
        }

        public OperatorHarness Harness(RecurrentOp op)
        {
            var harness = new OperatorHarness(op, outputs: op is LstmOp ? 2 : 1);
            harness.Activation(X).Constant(W).Constant(R);
            _ = Biased ? harness.Constant(B) : harness.Absent();
            _ = Started ? harness.Activation(H) : harness.Absent();
            _ = Started && _kind == "LSTM" ? harness.Activation(C) : harness.Absent();
            _ = Peeps ? harness.Constant(P) : harness.Absent();
            return harness;
        }
    }
}
