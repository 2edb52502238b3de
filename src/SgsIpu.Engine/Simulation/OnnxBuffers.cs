using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SgsIpu.Core;
using Tensor = SgsIpu.Core.Tensor;

namespace SgsIpu.Engine.Simulation;

/// <summary>
/// Memory for all inputs and outputs of one run at a time of an <see cref="OnnxSession"/>. ONNX Runtime allocates it, so that it is
/// aligned: how some nodes add up depends on where a vector begins.
/// </summary>
internal sealed unsafe class OnnxBuffers : IDisposable
{
    private readonly (nint Address, int Count)[] _memory;

    /// <param name="inputs">Tensors of the types and shapes that runs will take.</param>
    /// <param name="outputs">Shapes of outputs of single precision; none where ONNX Runtime keeps them itself.</param>
    /// <exception cref="IpuException">ONNX Runtime takes no input of such a type (id <c>InputType</c>).</exception>
    public OnnxBuffers(IEnumerable<Tensor> inputs, IEnumerable<Shape> outputs)
    {
        Inputs = [.. inputs.Select(i => Allocate(TypeOf(i.Type), i.Shape))];
        Outputs = [.. outputs.Select(s => Allocate(TensorElementType.Float, s))];
        _memory = [.. Outputs.Select(AddressOf)];
    }

    /// <summary>The inputs, as ONNX Runtime reads them.</summary>
    public OrtValue[] Inputs { get; }

    /// <summary>The outputs, as ONNX Runtime writes them.</summary>
    public OrtValue[] Outputs { get; }

    /// <summary>What an output holds after a run.</summary>
    public ReadOnlySpan<float> this[int output] => new((void*)_memory[output].Address, _memory[output].Count);

    /// <summary>Copies the inputs of a run.</summary>
    public void Fill(IEnumerable<Tensor> inputs)
    {
        foreach ((Tensor tensor, OrtValue value) in inputs.Zip(Inputs))
        {
            tensor.Bytes.CopyTo(value.GetTensorMutableRawData());
        }
    }

    public void Dispose()
    {
        foreach (OrtValue value in Inputs.Concat(Outputs))
        {
            value.Dispose();
        }
    }

    private static OrtValue Allocate(TensorElementType type, Shape shape) =>
        OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, type, [.. shape.Select(d => (long)d)]);

    /// <summary>A value of the type and shape of a tensor, of no particular content.</summary>
    public static OrtValue New(TensorSpec tensor) => Allocate(TypeOf(tensor.Type), tensor.Shape);

    /// <summary>A value of its own, with the content of a tensor.</summary>
    /// <exception cref="IpuException">ONNX Runtime takes no input of such a type (id <c>InputType</c>).</exception>
    public static OrtValue Copy(Tensor tensor)
    {
        OrtValue value = Allocate(TypeOf(tensor.Type), tensor.Shape);
        tensor.Bytes.CopyTo(value.GetTensorMutableRawData());
        return value;
    }

    /// <summary>Asked once: the memory is none of the garbage collector's and stays where it is.</summary>
    private static (nint Address, int Count) AddressOf(OrtValue value)
    {
        Span<float> memory = value.GetTensorMutableDataAsSpan<float>();
        return ((nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory)), memory.Length);
    }

    private static TensorElementType TypeOf(DataType type) => type switch
    {
        DataType.Float32 => TensorElementType.Float,
        DataType.Float64 => TensorElementType.Double,
        DataType.Int64 => TensorElementType.Int64,
        DataType.Int32 => TensorElementType.Int32,
        DataType.Int16 => TensorElementType.Int16,
        DataType.UInt16 => TensorElementType.UInt16,
        DataType.UInt8 => TensorElementType.UInt8,
        DataType.Int8 => TensorElementType.Int8,
        DataType.Bool => TensorElementType.Bool,
        _ => throw new IpuException("InputType", $"ONNX Runtime takes no {type} input", IpuErrorKind.NotSupported),
    };
}
