namespace SgsIpu.Engine.Passes;

/// <summary>All passes, in the order in which they run.</summary>
internal static class Pipelines
{
    /// <summary>What every imported model goes through: images lie NHWC, without transposes around each operator.</summary>
    public static IReadOnlyList<IPass> Import { get; } =
    [
        new SinkTransposesPass(),
    ];

    /// <summary>Simplification of a float graph.</summary>
    public static IReadOnlyList<IPass> Optimize { get; } =
    [
        new RemoveIdentitiesPass(),
        new FoldConstantsPass(),
        new FoldDilationPass(),
        new MeanOfWholeImagePass(),
        new FuseGatesPass(),
        new FuseGeluPass(),
        new FuseLayerNormalizationPass(),
        new MergeReshapesPass(),
        new FoldPadIntoConvolutionPass(),
        new NormalizeAffinePass(),
        new FoldAffineIntoConvolutionPass(),
        new FuseActivationPass(),
    ];
}
