using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Passes;

/// <summary>The clip that operators of the convolution class apply to their result.</summary>
internal static class FusedActivation
{
    /// <summary>The limits of an operator that can carry them (infinite where it carries none), else null.</summary>
    public static (float Min, float Max)? Of(Operator op) => op switch
    {
        Conv2DOp o => (o.ActivationMin, o.ActivationMax),
        DepthwiseConv2DOp o => (o.ActivationMin, o.ActivationMax),
        TransposedConv2DOp o => (o.ActivationMin, o.ActivationMax),
        FullyConnectedOp o => (o.ActivationMin, o.ActivationMax),
        _ => null,
    };

    public static Operator With(Operator op, float min, float max) => op switch
    {
        Conv2DOp o => o with { ActivationMin = min, ActivationMax = max },
        DepthwiseConv2DOp o => o with { ActivationMin = min, ActivationMax = max },
        TransposedConv2DOp o => o with { ActivationMin = min, ActivationMax = max },
        FullyConnectedOp o => o with { ActivationMin = min, ActivationMax = max },
        _ => throw new ArgumentException($"{op.Name} carries no activation", nameof(op)),
    };
}
