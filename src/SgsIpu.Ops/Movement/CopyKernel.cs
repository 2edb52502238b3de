namespace SgsIpu.Ops;

/// <summary>Kernels that copy bytes.</summary>
internal static class CopyKernel
{
    /// <summary>Output 0 is input 0.</summary>
    public static FixedKernel Whole { get; } = new DelegateKernel(static (in a) => a.Input(0).CopyTo(a.Output(0)));
}
