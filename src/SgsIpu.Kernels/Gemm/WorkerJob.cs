namespace SgsIpu.Kernels;

/// <summary>Work in parts that may run at once.</summary>
internal abstract class WorkerJob
{
    /// <summary>At least 1, below 2^16.</summary>
    public int Parts { get; protected set; }

    public abstract void Run(int part);
}
