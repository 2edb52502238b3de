using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels;
using SgsIpu.Kernels.Elementwise;
using SgsIpu.Kernels.Recurrent;

namespace SgsIpu.Ops;

/// <summary>The fixed-point form: INT16 inputs, weights and recurrence, and the state between steps with 20 fraction bits.</summary>
public abstract partial record RecurrentOp
{
    /// <summary>A row for each activation; 0 for those that are computed.</summary>
    public override ImmutableArray<Tensor> BuildTables(FixedBinding binding)
    {
        (GateActivation Kind, double Alpha, double Beta)[] functions = Functions();
        var table = new Tensor(DataType.Int32, new Shape(functions.Length, GateFunction.Entries));
        for (int i = 0; i < functions.Length; i++)
        {
            GateFunction.Table(functions[i].Kind, functions[i].Alpha, functions[i].Beta).CopyTo(table.As<int>()[(i * GateFunction.Entries)..]);
        }

        return [table];
    }

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        TensorSpec x = binding.Input(0);
        TensorSpec y = binding.Output;
        Shape r = binding.Input(2).Shape;
        if (x.Type != DataType.Int16)
        {
            throw binding.NotSupported($"'{x.Name}' is {x.Type}; a recurrent layer reads Int16");
        }

        FixedOperand output = FixedOperand.OfOutput(binding);
        double stateScale = StateBound(binding) / short.MaxValue;
        var spec = new RecurrentSpec
        {
            Steps = x.Shape[0],
            Batch = x.Shape[1],
            Inputs = x.Shape[2],
            Hidden = r[2],
            Lengths = Lengths.IsEmpty ? [.. Enumerable.Repeat(x.Shape[0], x.Shape[1])] : [.. Lengths],
            Directions = [.. Enumerable.Range(0, DirectionCount).Select(d => OneDirection(binding, d))],
            InputScale = To20(FixedBinding.Scale(x) * FixedBinding.Scale(binding.Input(1))),
            RecurrenceScale = To20(stateScale * FixedBinding.Scale(binding.Input(2))),
            StateScale = From20(stateScale),
            InitialScale = binding.OptionalInput(4) is { } h ? To20(FixedBinding.Scale(h)) : Requantizer.One,
            InitialCellScale = binding.OptionalInput(5) is { } c ? To20(FixedBinding.Scale(c)) : Requantizer.One,
            Clip = Fixed20.Of(Clip),
            OutputType = y.Type,
            OutputRange = output.Range,
            OutputScale = From20(output.Scale),
            CellRange = IntegerRange.Of(DataType.Int16, 0),
            CellScale = HasCell ? From20(FixedBinding.Scale(binding.Outputs[1])) : Requantizer.One,
        };
        if (HasCell && binding.Outputs[1].Type != DataType.Int16)
        {
            throw binding.NotSupported($"'{binding.Outputs[1].Name}' is {binding.Outputs[1].Type}; the cell of a recurrent layer is Int16");
        }

        bool initial = binding.OptionalInput(4) is not null;
        bool initialCell = binding.OptionalInput(5) is not null;
        bool cell = HasCell;
        RecurrentKernel kernel = Kernel(spec);
        return new DelegateKernel(
            (in FixedArguments a) => kernel.Run(
                a.Input<short>(0),
                initial ? a.Input<short>(4) : [],
                initialCell ? a.Input<short>(5) : [],
                a.Output(0),
                cell ? a.Output<short>(1) : [],
                MemoryMarshal.Cast<byte, int>(a.Workspace)),
            kernel.WorkspaceElements * sizeof(int));
    }

    protected abstract RecurrentKernel Kernel(RecurrentSpec spec);

    /// <summary>Largest magnitude of the state for activations of these bounds; +∞ where there is none.</summary>
    protected abstract double Bound(ReadOnlySpan<double> functions);

    private static Requantizer To20(double scale) => Requantizer.FromScale(Math.Min(scale * Fixed20.One, int.MaxValue - 1));

    private static Requantizer From20(double scale) => Requantizer.FromScale(Math.Min(1 / (scale * Fixed20.One), int.MaxValue - 1));

    private static double Bound((GateActivation Kind, double Alpha, double Beta) function) => function.Kind switch
    {
        GateActivation.Sigmoid or GateActivation.Tanh or GateActivation.HardSigmoid or GateActivation.Softsign => 1,
        GateActivation.ScaledTanh => Math.Abs(function.Alpha),
        _ => double.PositiveInfinity,
    };

    /// <summary>What the INT16 form of the state reaches: what the activations can give, else what was seen, and what it begins with.</summary>
    private double StateBound(FixedBinding binding)
    {
        double[] bounds = [.. Functions().Select(Bound)];
        int each = UsualActivations.Length;
        double bound = Enumerable.Range(0, DirectionCount).Max(d => Bound(bounds.AsSpan(d * each, each)));
        double seen = FixedBinding.Scale(binding.Output) * (binding.Output.Type == DataType.UInt8 ? 255 : short.MaxValue);
        double initial = binding.OptionalInput(4) is { } h ? FixedBinding.Scale(h) * short.MaxValue : 0;
        return Math.Max(double.IsFinite(bound) ? bound : seen, initial);
    }

    private RecurrentDirection OneDirection(FixedBinding binding, int direction)
    {
        Shape w = binding.Input(1).Shape;
        Shape r = binding.Input(2).Shape;
        int rows = w[1];
        int[] bias = Numbers(binding, 3, direction, 2 * rows);
        Tensor table = binding.OptionalInput(InputCount)?.Constant ?? throw binding.NotSupported("the table is missing");
        int each = UsualActivations.Length;
        (GateActivation Kind, double Alpha, double Beta)[] functions = Functions();
        if (table.Type != DataType.Int32 || table.Shape != new Shape(functions.Length, GateFunction.Entries))
        {
            throw binding.NotSupported($"the table is Int32 [{functions.Length}, {GateFunction.Entries}], found {table}");
        }

        return new RecurrentDirection
        {
            Reverse = Direction == RecurrentDirections.Reverse || direction == 1,
            Weights = Integers(binding, 1).AsSpan(direction * rows * w[2], rows * w[2]).ToArray(),
            Recurrence = Integers(binding, 2).AsSpan(direction * rows * r[2], rows * r[2]).ToArray(),
            Bias = bias[..rows],
            RecurrenceBias = bias[rows..],
            Peepholes = binding.OptionalInput(6) is null ? [] : Numbers(binding, 6, direction, 3 * r[2]),
            Functions =
            [
                .. Enumerable.Range(direction * each, each).Select(i => new GateFunction(
                    functions[i].Kind,
                    functions[i].Alpha,
                    functions[i].Beta,
                    GateFunction.IsCurve(functions[i].Kind) ? table.As<int>().Slice(i * GateFunction.Entries, GateFunction.Entries) : [])),
            ],
        };
    }

    private static short[] Integers(FixedBinding binding, int position)
    {
        TensorSpec spec = binding.Input(position);
        return spec.Constant is { Type: DataType.Int16 } constant
            ? constant.As<short>().ToArray()
            : throw binding.NotSupported($"'{spec.Name}' is {(spec.IsConstant ? spec.Type.ToString() : "computed from the data")}; weights and bias of a recurrent layer are constants of Int16");
    }

    /// <summary>A direction's part of a constant with 20 fraction bits; zeros where it is absent.</summary>
    private static int[] Numbers(FixedBinding binding, int position, int direction, int count)
    {
        if (binding.OptionalInput(position) is not { } spec)
        {
            return new int[count];
        }

        double scale = FixedBinding.Scale(spec);
        return [.. Integers(binding, position).Skip(direction * count).Take(count).Select(v => Fixed20.Of(v * scale))];
    }

    /// <summary>The activations with their α and β, which those that have one take in order.</summary>
    private (GateActivation Kind, double Alpha, double Beta)[] Functions()
    {
        int alphas = 0;
        int betas = 0;
        double Next(ImmutableArray<float> values, ref int at, double usual) => at < values.Length ? values[at++] : usual;
        return
        [
            .. Activations.Select(kind => kind switch
            {
                GateActivation.Affine => (kind, Next(Alpha, ref alphas, 1), Next(Beta, ref betas, 0)),
                GateActivation.LeakyRelu => (kind, Next(Alpha, ref alphas, 0.01), 0),
                GateActivation.ThresholdedRelu or GateActivation.Elu => (kind, Next(Alpha, ref alphas, 1), 0),
                GateActivation.ScaledTanh => (kind, Next(Alpha, ref alphas, 1), Next(Beta, ref betas, 1)),
                GateActivation.HardSigmoid => (kind, Next(Alpha, ref alphas, 0.2), Next(Beta, ref betas, 0.5)),
                _ => (kind, 0.0, 0.0),
            }),
        ];
    }
}
