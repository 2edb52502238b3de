namespace SgsIpu.Ops;

/// <summary>A kernel made of a function; what it captures is prepared beforehand.</summary>
public sealed class DelegateKernel(DelegateKernel.Body body, int workspaceBytes = 0) : FixedKernel
{
    /// <summary>One run.</summary>
    public delegate void Body(in FixedArguments arguments);

    public override int WorkspaceBytes => workspaceBytes;

    public override void Run(in FixedArguments arguments) => body(in arguments);
}
