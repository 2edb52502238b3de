namespace SgsIpu.Engine;

/// <summary>How far a model has come on its way to the chip.</summary>
public enum IpuStage
{
    /// <summary>Real numbers, as the framework computes them.</summary>
    Float,

    /// <summary>Integers only, from the input's bytes to the outputs.</summary>
    Fixed,

    /// <summary>The fixed model scheduled and laid out in memory.</summary>
    Offline,
}
