using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>All limits of the hardware for an operator: those of every tensor, those of data movement, and the operator's own.</summary>
public static class HardwareLimits
{
    private const int PreferredChannels = 16;

    private static readonly Constraint Channels = new(
        $"what moves data is fastest with a multiple of {PreferredChannels} channels",
        static (_, outputs, _) => outputs.FirstOrDefault(o => o.Shape.Rank >= 2 && o.Shape[-1] % PreferredChannels != 0) is { } uneven ? $"{uneven.Shape[-1]} channels" : null,
        ConstraintRemedy.Native);

    public static ImmutableArray<Constraint> Of(IpuOperator op)
    {
        ArgumentNullException.ThrowIfNull(op);
        bool moves = op is ConcatOp or ExpandOp or GatherOp or PadOp or SliceOp or TransposeOp;
        return
        [
            ConvolutionConstraints.TensorSize,
            .. op.Constraints.Where(c => c.Text != ConvolutionConstraints.TensorSize.Text),
            .. moves ? [Channels] : ReadOnlySpan<Constraint>.Empty,
        ];
    }
}
