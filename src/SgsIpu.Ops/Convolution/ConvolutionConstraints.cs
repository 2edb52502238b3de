using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Limits that the convolutions share.</summary>
internal static class ConvolutionConstraints
{
    private const int LargestKernel = 63;
    private const long WeightBlocks = 512 * 1024;

    public static Constraint ConstantWeights { get; } = new(
        "weights and bias are constant",
        static (inputs, _, _) => inputs.Skip(1).FirstOrDefault(i => i is { IsConstant: false }) is { } computed ? $"'{computed.Name}' is computed from the data" : null,
        ConstraintRemedy.Refused);

    public static Constraint TensorSize { get; } = new(
        "a tensor has fewer than 2^31 elements",
        static (inputs, outputs, _) => inputs.Concat(outputs).FirstOrDefault(t => t is not null && t.Shape.Count >= 1L << 31) is { } large ? $"{large}" : null,
        ConstraintRemedy.Refused);

    /// <summary>Weights with kernel height and width at dimensions 1 and 2.</summary>
    public static Constraint KernelArea { get; } = new(
        "kernel height × width is below 64",
        static (inputs, _, _) => KernelParts(inputs[1]!.Shape) is > 1 and var parts ? $"{inputs[1]!.Shape[1]}×{inputs[1]!.Shape[2]}, in {parts} parts" : null,
        ConstraintRemedy.Split);

    /// <summary>Weights of shape [output channels, ..., input channels of a group].</summary>
    public static Constraint WeightVolume { get; } = new(
        "ceil(input channels / 16) × (output channels rounded up to 16) is below 512·1024",
        static (inputs, _, _) => inputs[1]!.Shape is var w && Blocks(w[-1]) * Blocks(w[0]) * 16 >= WeightBlocks ? $"{w[-1]} input and {w[0]} output channels" : null,
        ConstraintRemedy.Split);

    public static Constraint Ungrouped(int groups) => new(
        "the number of groups is 1 or the number of channels",
        (_, _, _) => groups > 1 ? $"{groups} groups" : null,
        ConstraintRemedy.Split);

    /// <summary>
    /// Parts of whole rows, or of pieces of a row, that a kernel is split into. Their sums are added before they are requantized, so that the
    /// result is that of one convolution.
    /// </summary>
    /// <param name="weights">Kernel height and width at dimensions 1 and 2.</param>
    public static long KernelParts(Shape weights)
    {
        long rows = Math.Max(1, LargestKernel / weights[2]);
        return ((weights[1] + rows - 1) / rows) * ((weights[2] + LargestKernel - 1) / LargestKernel);
    }

    private static long Blocks(int channels) => (channels + 15L) / 16;
}
