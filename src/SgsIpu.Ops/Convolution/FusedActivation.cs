using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>The clamp that a convolution carries in <c>ActivationMin</c> and <c>ActivationMax</c>.</summary>
internal static class FusedActivation
{
    /// <summary>Emits a node and, where there is a bound, the activation behind it.</summary>
    public static void Emit(OnnxEmitter emitter, string opType, IEnumerable<string> inputs, string output, float min, float max, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        if (float.IsNegativeInfinity(min) && float.IsPositiveInfinity(max))
        {
            emitter.Add(opType, inputs, [output], attributes);
            return;
        }

        string sum = emitter.Add(opType, inputs, output + "/sum", attributes);
        if (min == 0 && float.IsPositiveInfinity(max))
        {
            emitter.Add("Relu", [sum], [output]);
            return;
        }

        string low = float.IsNegativeInfinity(min) ? "" : emitter.Constant(Tensor.Scalar(min), output + "/min");
        string high = float.IsPositiveInfinity(max) ? "" : emitter.Constant(Tensor.Scalar(max), output + "/max");
        emitter.Add("Clip", high.Length == 0 ? [sum, low] : [sum, low, high], [output]);
    }
}
