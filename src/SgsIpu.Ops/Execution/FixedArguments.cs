using System.Runtime.InteropServices;

namespace SgsIpu.Ops;

/// <summary>The memory of one run: inputs (constants included) and outputs by position, scratch, and the threads it may use.</summary>
public readonly struct FixedArguments(Memory<byte>[] inputs, Memory<byte>[] outputs, Memory<byte> workspace, int threads)
{
    public Span<byte> Workspace => workspace.Span;

    /// <summary>Threads that the kernel may use; results do not depend on it.</summary>
    public int Threads => threads;

    public ReadOnlySpan<byte> Input(int index) => inputs[index].Span;

    public ReadOnlySpan<T> Input<T>(int index)
        where T : unmanaged
        => MemoryMarshal.Cast<byte, T>(inputs[index].Span);

    public Span<byte> Output(int index) => outputs[index].Span;

    public Span<T> Output<T>(int index)
        where T : unmanaged
        => MemoryMarshal.Cast<byte, T>(outputs[index].Span);

    /// <summary>Memory of an input, for kernels that hand parts to other threads.</summary>
    public Memory<byte> InputMemory(int index) => inputs[index];

    public Memory<byte> OutputMemory(int index) => outputs[index];
}
