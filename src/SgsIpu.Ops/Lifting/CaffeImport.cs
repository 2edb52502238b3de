using System.Collections.Immutable;

namespace SgsIpu.Ops;

/// <summary>Caffe's layers that become none, one of several, or several of our operators.</summary>
internal static class CaffeImport
{
    public static ImmutableArray<ImportRule> Rules { get; } =
    [
        .. CaffeArgMax.Imports,
        .. CaffeConvolution.Imports,
        .. CaffeElementwise.Imports,
        .. CaffeMovement.Imports,
        .. CaffeNormalization.Imports,
        .. CaffePooling.Imports,
        .. CaffePriorBox.Imports,
        .. CaffeRecurrent.Imports,
        .. CaffeResize.Imports,
    ];
}
