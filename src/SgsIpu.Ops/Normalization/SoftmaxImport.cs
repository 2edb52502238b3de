using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>What the softmax and its logarithm share.</summary>
internal static class SoftmaxImport
{
    private const int OlderLimit = 16384;

    public static Constraint Length(int axis) => new(
        $"a softmax of the older generation is over at most {OlderLimit} elements",
        (inputs, _, generation) => generation == SocGeneration.Older && inputs[0]!.Shape[axis] > OlderLimit ? $"{inputs[0]!.Shape[axis]} elements" : null,
        ConstraintRemedy.Refused);

    /// <summary>Before operator set 13 the dimensions from the axis on were one.</summary>
    public static void Lift(LiftContext c, Func<int, IpuOperator> along)
    {
        Shape shape = c.Spec(0).Shape;
        int axis = checked((int)c.Node.Int("axis", c.Opset < 13 ? 1 : -1));
        if (c.Opset >= 13 || shape.Rank == 0)
        {
            c.AddOutput(0, along(shape.Axis(axis)), c.Input(0));
            return;
        }

        axis = axis == shape.Rank ? axis : shape.Axis(axis);
        int[] wide = [.. Enumerable.Range(axis, shape.Rank - axis).Where(d => shape[d] != 1)];
        if (wide.Length <= 1)
        {
            c.AddOutput(0, along(wide.Length == 1 ? wide[0] : Math.Min(axis, shape.Rank - 1)), c.Input(0));
            return;
        }

        long outer = new Shape(shape.AsSpan()[..axis]).Count;
        string flat = c.Add("flat", new ReshapeOp(new Shape(checked((int)outer), checked((int)(shape.Count / Math.Max(1, outer))))), c.Input(0));
        c.AddOutput(0, new ReshapeOp(shape), c.Add("normalized", along(1), flat));
    }
}
