using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// Batch normalization at inference is a multiplication and an addition by channel, and that is what it becomes; passes fold both into
/// a convolution where one stands before.
/// </summary>
public static class BatchNormalization
{
    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Onnx("BatchNormalization", Lift)];

    private static void Lift(LiftContext c)
    {
        if (c.Node.Int("training_mode", 0) != 0)
        {
            throw c.Error("TrainingMode", "the model was exported for training; export it for inference", IpuErrorKind.NotSupported);
        }

        float[] scale = c.RequireConstant(1, "scale").ToFloats();
        float[] bias = c.RequireConstant(2, "bias").ToFloats();
        float[] mean = c.RequireConstant(3, "mean").ToFloats();
        float[] variance = c.RequireConstant(4, "variance").ToFloats();
        Shape x = c.Spec(0).Shape;
        int channels = x.Rank >= 2 ? x[1] : throw c.Error("ShapeMismatch", $"the input {c.Spec(0)} has no channel dimension");
        if (scale.Length != channels || bias.Length != channels || mean.Length != channels || variance.Length != channels)
        {
            throw c.Error("ShapeMismatch", $"the parameters have {scale.Length}, {bias.Length}, {mean.Length} and {variance.Length} values, the input {c.Spec(0)} has {channels} channels");
        }

        double epsilon = c.Node.Float("epsilon", 1e-5f);
        var factor = new float[channels];
        var offset = new float[channels];
        for (int i = 0; i < channels; i++)
        {
            double f = scale[i] / Math.Sqrt(variance[i] + epsilon);
            factor[i] = (float)f;
            offset[i] = (float)(bias[i] - (mean[i] * f));
        }

        var sizes = new int[x.Rank - 1];
        sizes.AsSpan().Fill(1);
        sizes[0] = channels;
        string factors = c.AddConstant(Tensor.FromArray<float>(factor, new Shape(sizes)), "factor");
        string offsets = c.AddConstant(Tensor.FromArray<float>(offset, new Shape(sizes)), "offset");
        c.AddOutput(0, new AddOp(), c.Add("scaled", new MulOp(), c.Input(0), factors), offsets);
    }
}
