using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Caffe's activations and element-wise layers.</summary>
internal static class CaffeElementwise
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Caffe("AbsVal", static c => c.AddOutput(0, new AbsOp(), c.Input(0))),
        ImportRule.Caffe("Axpy", Axpy),
        ImportRule.Caffe("BNLL", static c => c.AddOutput(0, new SoftplusOp(), c.Input(0))),
        ImportRule.Caffe("CReLU", CRelu),
        ImportRule.Caffe("Clip", static c => c.AddOutput(0, new ClipOp(c.Node.Float("min", float.NegativeInfinity), c.Node.Float("max", float.PositiveInfinity)), c.Input(0))),
        ImportRule.Caffe("ELU", static c => c.AddOutput(0, new EluOp(c.Node.Float("alpha", 1)), c.Input(0))),
        ImportRule.Caffe("Eltwise", Eltwise),
        ImportRule.Caffe("Exp", Exponential),
        ImportRule.Caffe("Log", Logarithm),
        ImportRule.Caffe("PReLU", PRelu),
        ImportRule.Caffe("Power", Power),
        ImportRule.Caffe("ReLU", static c => c.AddOutput(0, Rectifier(c), c.Input(0))),
        ImportRule.Caffe("ReLU6", static c => c.AddOutput(0, new ClipOp(0, 6), c.Input(0))),
        ImportRule.Caffe("Sigmoid", static c => c.AddOutput(0, new SigmoidOp(), c.Input(0))),
        ImportRule.Caffe("Swish", Swish),
        ImportRule.Caffe("TanH", static c => c.AddOutput(0, new TanhOp(), c.Input(0))),
    ];

    private static IpuOperator Rectifier(LiftContext c) => c.Node.Float("negative_slope", 0) is var slope and not 0 ? new LeakyReluOp(slope) : new ClipOp(0);

    /// <summary>A layer's own slopes, one for each channel or one for all.</summary>
    private static void PRelu(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        bool shared = c.Node.Bool("channel_shared", false);
        int axis = Math.Min(1, x.Rank - 1);
        Tensor slopes = c.Blob(0, "slopes", new Shape(shared ? 1 : x[axis]));
        c.AddOutput(0, new PReluOp(), c.Input(0), c.AddConstant(slopes.Reshape(CaffeParameters.Along(slopes.Shape, axis, x.Rank)), "slopes"));
    }

    /// <summary>The positive and the negative part side by side.</summary>
    private static void CRelu(LiftContext c)
    {
        string negative = c.Add("negative", new NegOp(), c.Input(0));
        string joined = c.Add("joined", new ConcatOp(c.Axis("concat_axis", 1)), c.Input(0), negative);
        c.AddOutput(0, Rectifier(c), joined);
    }

    private static void Swish(LiftContext c)
    {
        float beta = c.Node.Float("beta", 1);
        if (beta == 1)
        {
            c.AddOutput(0, new SiluOp(), c.Input(0));
            return;
        }

        string gate = c.Add("gate", new SigmoidOp(), c.Add("scaled", new MulOp(), c.Input(0), Scalar(c, beta, "beta")));
        c.AddOutput(0, new MulOp(), c.Input(0), gate);
    }

    /// <summary>base^(scale · x + shift); a base of −1 is e.</summary>
    private static void Exponential(LiftContext c)
    {
        double factor = Math.Log(Base(c));
        c.AddOutput(0, new ExpOp(), Linear(c, c.Node.Float("scale", 1) * factor, c.Node.Float("shift", 0) * factor));
    }

    /// <summary>The logarithm of scale · x + shift to a base; −1 is e.</summary>
    private static void Logarithm(LiftContext c)
    {
        double factor = 1 / Math.Log(Base(c));
        string x = Linear(c, c.Node.Float("scale", 1), c.Node.Float("shift", 0));
        if (factor == 1)
        {
            c.AddOutput(0, new LogOp(), x);
        }
        else
        {
            c.AddOutput(0, new MulOp(), c.Add("log", new LogOp(), x), Scalar(c, factor, "factor"));
        }
    }

    private static double Base(LiftContext c) => c.Node.Float("base", -1) switch
    {
        -1 => Math.E,
        > 0 and not 1 and var given => given,
        var other => throw c.Wrong($"'base' is −1 (for e) or a positive number other than 1, found {other}"),
    };

    private static void Power(LiftContext c)
    {
        float power = c.Node.Float("power", 1);
        string x = Linear(c, c.Node.Float("scale", 1), c.Node.Float("shift", 0));
        IpuOperator op = power switch
        {
            1 => new IdentityOp(),
            0.5f => new SqrtOp(),
            -0.5f => new RsqrtOp(),
            -1 => new ReciprocalOp(),
            _ => new PowOp(power),
        };
        if (power == 2)
        {
            c.AddOutput(0, new MulOp(), x, x);
        }
        else
        {
            c.AddOutput(0, op, x);
        }
    }

    /// <summary>scale · x + shift of input 0.</summary>
    private static string Linear(LiftContext c, double scale, double shift)
    {
        string x = scale == 1 ? c.Input(0) : c.Add("scaled", new MulOp(), c.Input(0), Scalar(c, scale, "scale"));
        return shift == 0 ? x : c.Add("shifted", new AddOp(), x, Scalar(c, shift, "shift"));
    }

    private static string Scalar(LiftContext c, double value, string hint) => c.AddConstant(Tensor.Scalar((float)value), hint);

    private static void Eltwise(LiftContext c)
    {
        Shape first = c.Spec(0).Shape;
        for (int i = 1; i < c.InputCount; i++)
        {
            if (c.Spec(i).Shape != first)
            {
                throw c.Error("ShapeMismatch", $"the inputs have one shape, found {c.Spec(0)} and {c.Spec(i)}");
            }
        }

        int operation = c.Enum("operation", 1, "PROD", "SUM", "MAX");
        float[] weights = c.Reals("coeff");
        if (weights.Length > 0 && (operation != 1 || weights.Length != c.InputCount))
        {
            throw c.Wrong($"'coeff' has one value for each of the {c.InputCount} inputs of a SUM, found {weights.Length}");
        }

        string[] terms = [.. Enumerable.Range(0, c.InputCount).Select(c.Input)];
        if (weights is [1, -1])
        {
            c.AddOutput(0, new SubOp(), terms[0], terms[1]);
            return;
        }

        for (int i = 0; i < weights.Length; i++)
        {
            terms[i] = weights[i] == 1 ? terms[i] : c.Add($"term{i}", new MulOp(), terms[i], Scalar(c, weights[i], "coeff"));
        }

        IpuOperator op = operation switch { 0 => new MulOp(), 1 => new AddOp(), _ => new MaximumOp() };
        string value = terms[0];
        for (int i = 1; i < terms.Length - 1; i++)
        {
            value = c.Add($"part{i}", op, value, terms[i]);
        }

        c.AddOutput(0, terms.Length == 1 ? new IdentityOp() : op, terms.Length == 1 ? [value] : [value, terms[^1]]);
    }

    /// <summary>a · x + y, with a for each channel.</summary>
    private static void Axpy(LiftContext c)
    {
        Shape a = c.Spec(0).Shape;
        Shape x = c.Spec(1).Shape;
        if (c.InputCount != 3 || x.Rank < 2 || c.Spec(2).Shape != x || a.Count != (long)x[0] * x[1])
        {
            throw c.Error("ShapeMismatch", "the inputs are a factor for each channel and two tensors of one shape");
        }

        string factor = c.Reshaped(c.Input(0), new Shape([x[0], x[1], .. Enumerable.Repeat(1, x.Rank - 2)]), "factor");
        c.AddOutput(0, new AddOp(), c.Add("scaled", new MulOp(), c.Input(1), factor), c.Input(2));
    }
}
