using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SgsIpu.Core;

namespace SgsIpu.Engine.Simulation;

/// <summary>
/// Memory for all outputs, of single precision, of one run at a time of an <see cref="OnnxSession"/>. ONNX Runtime allocates it, so that it is
/// aligned: later nodes read it too, and how some of them add up depends on where a vector begins.
/// </summary>
internal sealed unsafe class OnnxBuffers : IDisposable
{
    private readonly (nint Address, int Count)[] _memory;

    public OnnxBuffers(IEnumerable<Shape> shapes)
    {
        Values = [.. shapes.Select(s => OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, TensorElementType.Float, [.. s.Select(d => (long)d)]))];
        _memory = [.. Values.Select(AddressOf)];
    }

    /// <summary>The outputs, as ONNX Runtime writes them.</summary>
    public OrtValue[] Values { get; }

    /// <summary>What an output holds after a run.</summary>
    public ReadOnlySpan<float> this[int output] => new((void*)_memory[output].Address, _memory[output].Count);

    public void Dispose()
    {
        foreach (OrtValue value in Values)
        {
            value.Dispose();
        }
    }

    /// <summary>Asked once: the memory is none of the garbage collector's and stays where it is.</summary>
    private static (nint Address, int Count) AddressOf(OrtValue value)
    {
        Span<float> memory = value.GetTensorMutableDataAsSpan<float>();
        return ((nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory)), memory.Length);
    }
}
