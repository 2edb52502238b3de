using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// Caffe's ArgMax: the places of the largest elements along one dimension, or of all elements of a picture. Caffe writes them as real
/// numbers; here they are the INT64 indices that they are.
/// </summary>
internal static class CaffeArgMax
{
    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Caffe("ArgMax", Lift)];

    private static void Lift(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        bool whole = !c.Node.Has("axis");
        bool values = c.Node.Bool("out_max_val", false);
        if (whole && values)
        {
            throw c.Error("CaffeParameter", "'out_max_val' without 'axis' puts indices and values into one tensor, which is not supported; give 'axis'", IpuErrorKind.NotSupported);
        }

        int axis = whole ? 1 : c.Axis("axis", 1);
        int rest = (int)(x.Count / Math.Max(1, x[0]));
        string input = whole ? c.Reshaped(c.Input(0), new Shape(x[0], rest), "flat") : c.Input(0);
        int best = c.Size("top_k", 1);
        if (best > c.SpecOf(input).Shape[axis])
        {
            throw c.Wrong($"'top_k' {best} is more than dimension {axis} of {c.SpecOf(input)} has");
        }

        string[] found = best == 1 && !values ? ["", c.Add("index", new ArgOp(true, axis), input)] : c.AddMany("best", new TopKOp(best, axis), 2, input);
        string result = found[values ? 0 : 1];
        c.AddOutput(0, whole ? new ReshapeOp(new Shape(x[0], 1, best)) : new IdentityOp(), result);
    }
}
