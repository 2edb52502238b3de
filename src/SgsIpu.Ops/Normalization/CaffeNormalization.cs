using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Caffe's normalizations, and the scales and biases that follow them.</summary>
internal static class CaffeNormalization
{
    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Caffe("BatchNorm", BatchNorm),
        ImportRule.Caffe("Bias", static c => c.AddOutput(0, new AddOp(), c.Input(0), Operand(c, "bias"))),
        ImportRule.Caffe("LRN", LocalResponse),
        ImportRule.Caffe("MVN", MeanVariance),
        ImportRule.Caffe("Normalize", Normalize),
        ImportRule.Caffe("Scale", Scale),
        ImportRule.Caffe("Softmax", static c => c.AddOutput(0, new SoftmaxOp(c.Axis("axis", 1)), c.Input(0))),
    ];

    /// <summary>Mean and variance are stored as sums; the third blob is what they were summed over.</summary>
    private static void BatchNorm(LiftContext c)
    {
        if (!c.Node.Bool("use_global_stats", true))
        {
            throw c.Error("TrainingMode", "'use_global_stats: false' normalizes by the batch, which is for training", IpuErrorKind.NotSupported);
        }

        Shape x = c.Spec(0).Shape;
        var channels = new Shape(x.Rank > 1 ? x[1] : 1);
        float[] mean = c.Blob(0, "mean", channels).ToFloats();
        float[] variance = c.Blob(1, "variance", channels).ToFloats();
        float sum = c.HasBlob(2) ? c.Blob(2, "scale factor", new Shape(1)).ToFloats()[0] : 1;
        double share = sum == 0 ? 0 : 1.0 / sum;
        double epsilon = c.Node.Float("eps", 1e-5f);
        double[] factor = [.. variance.Select(v => 1 / Math.Sqrt((v * share) + epsilon))];
        Shape along = CaffeParameters.Along(channels, Math.Min(1, x.Rank - 1), x.Rank);
        string factors = c.AddConstant(Tensor.FromArray<float>([.. factor.Select(f => (float)f)], along), "factor");
        string offsets = c.AddConstant(Tensor.FromArray<float>([.. factor.Select((f, i) => (float)(-mean[i] * share * f))], along), "offset");
        c.AddOutput(0, new AddOp(), c.Add("scaled", new MulOp(), c.Input(0), factors), offsets);
    }

    private static void Scale(LiftContext c)
    {
        bool biased = c.Node.Bool("bias_term", false);
        string scale = Operand(c, "scale");
        if (!biased)
        {
            c.AddOutput(0, new MulOp(), c.Input(0), scale);
            return;
        }

        // The bias comes after the scale, which is a bottom where there are two.
        int index = c.InputCount > 1 ? 0 : 1;
        string bias = c.AddConstant(c.Blob(index, "bias", Covered(c)).Reshape(CaffeParameters.Along(Covered(c), c.Axis("axis", 1), c.Spec(0).Shape.Rank)), "bias");
        c.AddOutput(0, new AddOp(), c.Add("scaled", new MulOp(), c.Input(0), scale), bias);
    }

    /// <summary>The second bottom or the layer's own values, aligned with input 0 from the axis on.</summary>
    private static string Operand(LiftContext c, string meaning)
    {
        int axis = c.Axis("axis", 1);
        int rank = c.Spec(0).Shape.Rank;
        if (c.InputCount > 1)
        {
            Shape given = c.Spec(1).Shape;
            return axis + given.Rank <= rank
                ? c.Reshaped(c.Input(1), CaffeParameters.Along(given, axis, rank), meaning)
                : throw c.Wrong($"{c.Spec(1)} does not fit {c.Spec(0)} from dimension {axis} on");
        }

        Shape covered = Covered(c);
        return c.AddConstant(c.Blob(0, meaning, covered).Reshape(CaffeParameters.Along(covered, axis, rank)), meaning);
    }

    /// <summary>The dimensions that a layer's own values have.</summary>
    private static Shape Covered(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int axis = c.Axis("axis", 1);
        long count = c.InputCount > 1 ? c.Spec(1).Shape.Rank : c.Node.Int("num_axes", 1);
        return count >= -1 && axis + count <= x.Rank
            ? new Shape([.. x.Skip(axis).Take(count < 0 ? x.Rank : (int)count)])
            : throw c.Wrong($"'num_axes' {count} from dimension {axis} on is beyond {c.Spec(0)}");
    }

    /// <summary>x · (k + alpha / n · Σ x²)^−beta; the sum over neighbouring pixels is a mean.</summary>
    private static void LocalResponse(LiftContext c)
    {
        _ = c.Image();
        int size = c.Size("local_size", 5);
        float alpha = c.Node.Float("alpha", 1);
        float beta = c.Node.Float("beta", 0.75f);
        if (size % 2 == 0)
        {
            throw c.Wrong($"'local_size' is odd, found {size}");
        }

        if (c.Enum("norm_region", 0, "ACROSS_CHANNELS", "WITHIN_CHANNEL") == 0)
        {
            c.AddImageOutput(new LocalResponseNormalizationOp(size, alpha, beta, c.Node.Float("k", 1)), c.Input(0));
            return;
        }

        int pad = size / 2;
        string image = c.ToNhwc(c.Input(0));
        string square = c.Add("square", new MulOp(), image, image);
        var mean = new AveragePool2DOp { KernelH = size, KernelW = size, PadTop = pad, PadBottom = pad, PadLeft = pad, PadRight = pad, CountIncludePad = true };
        string scaled = c.Add("scaled", new MulOp(), c.Add("mean", mean, square), c.AddConstant(Tensor.Scalar(alpha), "alpha"));
        string energy = c.Add("energy", new AddOp(), scaled, c.AddConstant(Tensor.Scalar(1f), "one"));
        string result = c.Add("normalized", new MulOp(), image, c.Add("factor", new PowOp(-beta), energy));
        c.AddOutput(0, new TransposeOp([0, 3, 1, 2]), result);
    }

    /// <summary>x / √(Σ x² + ε) · scale, over the channels of each pixel or over the whole picture (SSD's layer).</summary>
    private static void Normalize(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        if (x.Rank is not (2 or 4))
        {
            throw c.Error("CaffeRank", $"images or rows of features are normalized, found {c.Spec(0)}", IpuErrorKind.NotSupported);
        }

        bool across = c.Node.Bool("across_spatial", true) && x.Rank == 4;
        float[] scale = c.Blob(0, "scale", new Shape(c.Node.Bool("channel_shared", true) ? 1 : x[1])).ToFloats();

        // The operator divides by the root of the mean, not of the sum.
        long count = across ? x.Count / x[0] : x[1];
        string factor = c.AddConstant(Tensor.FromArray<float>([.. scale.Select(s => (float)(s / Math.Sqrt(count)))], scale.Length), "scale");
        var op = new RmsNormalizationOp(across ? 1 : -1, c.Node.Float("eps", 1e-10f) / count);
        if (x.Rank == 4)
        {
            c.AddImageOutput(op, c.Input(0), factor);
        }
        else
        {
            c.AddOutput(0, op, c.Input(0), factor);
        }
    }

    /// <summary>(x − mean) / (√variance + ε), over each channel or the whole picture.</summary>
    private static void MeanVariance(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int first = c.Node.Bool("across_channels", false) ? 1 : 2;
        if (x.Rank <= first)
        {
            throw c.Error("CaffeRank", $"{c.Spec(0)} is no image", IpuErrorKind.NotSupported);
        }

        var mean = new ReduceOp(ReduceKind.Mean, [.. Enumerable.Range(first, x.Rank - first)]);
        string average = c.Add("mean", mean, c.Input(0));
        if (!c.Node.Bool("normalize_variance", true))
        {
            c.AddOutput(0, new SubOp(), c.Input(0), average);
            return;
        }

        string centred = c.Add("centred", new SubOp(), c.Input(0), average);
        string deviation = c.Add("deviation", new SqrtOp(), c.Add("variance", mean, c.Add("square", new MulOp(), centred, centred)));
        string raised = c.Add("raised", new AddOp(), deviation, c.AddConstant(Tensor.Scalar(c.Node.Float("eps", 1e-9f)), "eps"));
        c.AddOutput(0, new DivOp(), centred, raised);
    }
}
