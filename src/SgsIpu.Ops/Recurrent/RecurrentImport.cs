using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Recurrent;

namespace SgsIpu.Ops;

/// <summary>How ONNX's <c>LSTM</c>, <c>GRU</c> and <c>RNN</c> are lifted; their last state is taken from the states of all steps.</summary>
internal static class RecurrentImport
{
    public static void Lift(LiftContext c, RecurrentOp op)
    {
        bool batchFirst = c.Node.Int("layout", 0) != 0;
        string x = batchFirst ? c.Add("steps", new TransposeOp([1, 0, 2]), c.Input(0)) : c.Input(0);
        if (c.SpecOf(x).Shape.Rank != 3 || c.Spec(1).Shape.Rank != 3 || c.Spec(2).Shape.Rank != 3)
        {
            throw c.Error("ShapeMismatch", $"a recurrent layer has input, weights and recurrence of rank 3, found {c.Spec(0)}, {c.Spec(1)} and {c.Spec(2)}");
        }

        op = op with
        {
            Direction = c.Node.String("direction", "forward") switch
            {
                "forward" => RecurrentDirections.Forward,
                "reverse" => RecurrentDirections.Reverse,
                "bidirectional" => RecurrentDirections.Bidirectional,
                var other => throw c.Error("OnnxAttribute", $"'direction' is forward, reverse or bidirectional, found {other}"),
            },
            Alpha = [.. c.Node.Floats("activation_alpha") ?? []],
            Beta = [.. c.Node.Floats("activation_beta") ?? []],
            Clip = c.Node.Float("clip", float.PositiveInfinity),
        };
        Shape shape = c.SpecOf(x).Shape;
        int[] lengths = c.HasInput(4) ? c.RequireConstant(4, "sequence_lens").ToInts() : [];
        op = op with
        {
            Activations = Activations(c, op),
            Lengths = lengths.All(l => l == shape[0]) ? [] : [.. lengths],
        };
        string[] y = c.AddMany("states", op, op is LstmOp { CellOutput: true } ? 2 : 1, x, c.Input(1), c.Input(2), c.OptionalInput(3), State(c, 5, batchFirst), State(c, 6, batchFirst), c.OptionalInput(7));
        if (c.HasOutput(0))
        {
            c.AddOutput(0, batchFirst ? new TransposeOp([2, 0, 1, 3]) : new IdentityOp(), y[0]);
        }

        if (c.HasOutput(1))
        {
            string last = Last(c, op, y[0]);
            c.AddOutput(1, batchFirst ? new TransposeOp([1, 0, 2]) : new IdentityOp(), last);
        }

        if (y.Length > 1)
        {
            c.AddOutput(2, batchFirst ? new TransposeOp([1, 0, 2]) : new IdentityOp(), y[1]);
        }
    }

    private static string State(LiftContext c, int input, bool batchFirst)
    {
        if (!c.HasInput(input))
        {
            return "";
        }

        return batchFirst ? SpatialLayout.Transposed(c, c.Input(input), [1, 0, 2], $"initial{input}") : c.Input(input);
    }

    private static ImmutableArray<GateActivation> Activations(LiftContext c, RecurrentOp op)
    {
        if (c.Node.Strings("activations") is not { } names)
        {
            return [.. Enumerable.Repeat(op.UsualActivations, op.DirectionCount).SelectMany(a => a)];
        }

        if (names.Length != op.DirectionCount * op.UsualActivations.Length)
        {
            throw c.Error("OnnxAttribute", $"{op.DirectionCount} directions have {op.DirectionCount * op.UsualActivations.Length} activations, found [{string.Join(", ", names)}]");
        }

        return
        [
            .. names.Select(n => Enum.TryParse(n, ignoreCase: true, out GateActivation a) && Enum.IsDefined(a) && !char.IsAsciiDigit(n[0])
                ? a
                : throw c.Error("OnnxAttribute", $"the activation '{n}' is not known; known are {string.Join(", ", Enum.GetNames<GateActivation>())}", IpuErrorKind.NotSupported)),
        ];
    }

    /// <summary>[directions, batch, hidden]: each sequence's state at the last step of each direction.</summary>
    private static string Last(LiftContext c, RecurrentOp op, string y)
    {
        Shape s = c.SpecOf(y).Shape;
        string[] directions = [.. Enumerable.Range(0, s[1]).Select(d => OfDirection(d, op.Direction == RecurrentDirections.Reverse || d == 1))];
        string joined = directions.Length == 1 ? directions[0] : c.Add("last", new ConcatOp(1), directions);
        return c.Add("state", new ReshapeOp(new Shape(s[1], s[2], s[3])), joined);

        string OfDirection(int d, bool reverse)
        {
            if (reverse || op.Lengths.IsEmpty)
            {
                return At(reverse ? 0 : s[0] - 1, d, 0, s[2]);
            }

            string[] sequences = [.. op.Lengths.Select((l, b) => At(l - 1, d, b, 1))];
            return sequences.Length == 1 ? sequences[0] : c.Add($"direction{d}", new ConcatOp(2), sequences);
        }

        string At(int step, int direction, int sequence, int count) =>
            c.Add($"last{direction}", new SliceOp([step, direction, sequence, 0], [1, 1, count, s[3]], [1, 1, 1, 1]), y);
    }
}
