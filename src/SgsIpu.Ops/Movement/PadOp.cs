using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Adds elements before and after each dimension.</summary>
/// <param name="Before">Elements before each dimension; not negative.</param>
/// <param name="After">Elements after each dimension; not negative.</param>
/// <param name="Value">The real number of <see cref="PadMode.Constant"/>.</param>
public sealed record PadOp(ImmutableArray<int> Before, ImmutableArray<int> After, PadMode Mode = PadMode.Constant, float Value = 0) : IpuOperator
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("Pad", static c =>
        {
            int rank = c.Spec(0).Shape.Rank;
            long[] pads = c.IntsFrom("pads", 1) ?? c.Node.Ints("paddings") ?? throw c.Error("MissingAttribute", "pads are missing");
            long[] axes = c.HasInput(3) ? c.RequireConstant(3, "axes").ToLongs() : [.. Enumerable.Range(0, rank).Select(d => (long)d)];
            PadMode mode = c.Node.String("mode", "constant") switch
            {
                "constant" => PadMode.Constant,
                "reflect" => PadMode.Reflect,
                "edge" => PadMode.Edge,
                var other => throw c.Error("UnsupportedAttribute", $"padding mode '{other}' is not supported", IpuErrorKind.NotSupported),
            };
            if (pads.Length != axes.Length * 2 || pads.Any(p => p is < 0 or > int.MaxValue))
            {
                throw c.Error("UnsupportedAttribute", $"pads [{string.Join(", ", pads)}] are not two numbers from 0 on for each of {axes.Length} dimensions", IpuErrorKind.NotSupported);
            }

            float value = c.HasInput(2) ? c.RequireConstant(2, "constant_value").ToFloats()[0] : c.Node.Float("value", 0);
            var before = new int[rank];
            var after = new int[rank];
            for (int i = 0; i < axes.Length; i++)
            {
                int axis = c.Spec(0).Shape.Axis((int)axes[i]);
                (before[axis], after[axis]) = ((int)pads[i], (int)pads[axes.Length + i]);
            }

            c.AddOutput(0, new PadOp([.. before], [.. after], mode, value), c.Input(0));
        }),
    ];

    public override string Name => "Pad";

    public override ImmutableArray<Constraint> Constraints => [];

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        TensorSpec x = inputs[0]!;
        if (Before.Length != x.Shape.Rank || After.Length != x.Shape.Rank || Before.Concat(After).Any(p => p < 0))
        {
            throw Mismatch($"padding [{string.Join(", ", Before)}] and [{string.Join(", ", After)}] does not fit {x}");
        }

        for (int d = 0; d < x.Shape.Rank; d++)
        {
            int most = Mode switch { PadMode.Reflect => x.Shape[d] - 1, PadMode.Edge => x.Shape[d] > 0 ? int.MaxValue : 0, _ => int.MaxValue };
            if (Math.Max(Before[d], After[d]) > most)
            {
                throw Mismatch($"{Mode} padding of {Before[d]} and {After[d]} is more than dimension {d} of {x} allows");
            }
        }

        return [new TensorType(x.Type, new Shape([.. x.Shape.Select((n, d) => checked(n + Before[d] + After[d]))]))];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        bool first = Before.Length == 4 && emitter.LivesChannelsFirst(node.Inputs[0]);
        int[] order = first ? [0, 3, 1, 2] : [.. Enumerable.Range(0, Before.Length)];
        emitter.Add(
            "Pad",
            [
                first ? emitter.ChannelsFirst(node.Inputs[0]) : emitter.Native(node.Inputs[0]),
                emitter.Constant([.. order.Select(d => (long)Before[d]), .. order.Select(d => (long)After[d])], "pads"),
                .. emitter.Spec(node.Inputs[0]).Type == DataType.Float32 ? [emitter.Constant(Tensor.Scalar(Value), "value")] : Array.Empty<string>(),
            ],
            [first ? emitter.DefineChannelsFirst(node.Outputs[0]) : emitter.DefineNative(node.Outputs[0])],
            ("mode", Mode.ToString().ToLowerInvariant()));
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.Preserving();

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        TensorSpec x = binding.Input(0);
        int width = x.Type.Bits() / 8;
        byte[] constant = Integer(x);
        int[][] sources = [.. x.Shape.Select((n, d) => Enumerable.Range(0, n + Before[d] + After[d]).Select(i => Source(i - Before[d], n)).ToArray())];
        int[] strides = x.Shape.Strides();
        int rank = x.Shape.Rank;

        // Innermost dimensions without padding are copied as one run.
        int run = width;
        while (rank > 0 && Before[rank - 1] == 0 && After[rank - 1] == 0)
        {
            run *= x.Shape[--rank];
        }

        int outer = rank;
        return new DelegateKernel((in FixedArguments a) => Copy(a.Input(0), a.Output(0), sources, strides, outer, run, width, constant));
    }

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => OperatorCost.Of(inputs, outputs);

    public override IpuOperator Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs)
    {
        ImmutableArray<int> order = [.. Enumerable.Range(0, permutation.Length).Select(d => permutation.IndexOf(d))];
        return this with { Before = [.. order.Select(d => Before[d])], After = [.. order.Select(d => After[d])] };
    }

    private static void Copy(ReadOnlySpan<byte> x, Span<byte> y, int[][] sources, int[] strides, int outer, int run, int width, byte[] constant)
    {
        Span<int> index = stackalloc int[Math.Max(1, outer)];
        index.Clear();
        for (int o = 0; o < y.Length; o += run)
        {
            int at = 0;
            for (int d = 0; d < outer && at >= 0; d++)
            {
                int source = sources[d][index[d]];
                at = source < 0 ? -1 : at + (source * strides[d]);
            }

            if (at >= 0)
            {
                x.Slice(at * width, run).CopyTo(y[o..]);
            }
            else
            {
                for (int i = 0; i < run; i += width)
                {
                    constant.CopyTo(y[(o + i)..]);
                }
            }

            for (int d = outer - 1; d >= 0 && ++index[d] == sources[d].Length; d--)
            {
                index[d] = 0;
            }
        }
    }

    /// <summary>The element that a position beyond [0, length) repeats; −1 for the constant.</summary>
    private int Source(int position, int length)
    {
        if (position >= 0 && position < length)
        {
            return position;
        }

        return Mode switch
        {
            PadMode.Edge => Math.Clamp(position, 0, length - 1),
            PadMode.Reflect => position < 0 ? -position : (2 * (length - 1)) - position,
            _ => -1,
        };
    }

    /// <summary>The constant as an element of the tensor, at the end of its range where it lies beyond.</summary>
    private byte[] Integer(TensorSpec x)
    {
        double q = x.Quant is { } quant ? Math.Round(Value / quant.Scale[0], MidpointRounding.ToEven) + quant.ZeroPoint : Value;
        return x.Type switch
        {
            DataType.UInt8 => [(byte)Math.Clamp(q, byte.MinValue, byte.MaxValue)],
            DataType.Int8 => [(byte)(sbyte)Math.Clamp(q, sbyte.MinValue, sbyte.MaxValue)],
            DataType.Int16 => BitConverter.GetBytes((short)Math.Clamp(q, -short.MaxValue, short.MaxValue)),
            DataType.Int32 => BitConverter.GetBytes((int)Math.Clamp(q, int.MinValue, int.MaxValue)),
            DataType.Int64 => BitConverter.GetBytes((long)q),
            _ => BitConverter.GetBytes(Value),
        };
    }
}
