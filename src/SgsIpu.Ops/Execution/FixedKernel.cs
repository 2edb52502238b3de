namespace SgsIpu.Ops;

/// <summary>A prepared node: owns packed constants, runs any number of times, from one thread at a time for each workspace.</summary>
public abstract class FixedKernel
{
    /// <summary>Bytes of scratch memory that a run needs.</summary>
    public virtual int WorkspaceBytes => 0;

    /// <summary>Runs once. Deterministic, allocates nothing.</summary>
    public abstract void Run(in FixedArguments arguments);
}
