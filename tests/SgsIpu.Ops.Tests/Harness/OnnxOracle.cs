using Microsoft.ML.OnnxRuntime;
using SgsIpu.Core;

namespace SgsIpu.Ops.Tests;

/// <summary>Runs a source graph in ONNX Runtime, without its optimizations.</summary>
internal static class OnnxOracle
{
    public static Tensor[] Run(SourceGraph graph, IReadOnlyDictionary<string, Tensor> inputs)
    {
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
            IntraOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        using var session = new InferenceSession(OnnxBytes.Of(graph), options);
        var values = graph.Inputs.ToDictionary(i => i.Name, i => ToValue(inputs[i.Name]), StringComparer.Ordinal);
        using var run = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(run, values, [.. graph.Outputs.Select(o => o.Name)]);
        Tensor[] outputs = [.. results.Select(FromValue)];
        foreach (OrtValue value in values.Values)
        {
            value.Dispose();
        }

        return outputs;
    }

    private static OrtValue ToValue(Tensor tensor)
    {
        long[] shape = [.. tensor.Shape.Select(s => (long)s)];
        return tensor.Type switch
        {
            DataType.Float32 => OrtValue.CreateTensorValueFromMemory(tensor.As<float>().ToArray(), shape),
            DataType.Int64 => OrtValue.CreateTensorValueFromMemory(tensor.As<long>().ToArray(), shape),
            DataType.Int32 => OrtValue.CreateTensorValueFromMemory(tensor.As<int>().ToArray(), shape),
            DataType.Bool => OrtValue.CreateTensorValueFromMemory(tensor.As<bool>().ToArray(), shape),
            DataType.UInt8 => OrtValue.CreateTensorValueFromMemory(tensor.As<byte>().ToArray(), shape),
            DataType.Int16 => OrtValue.CreateTensorValueFromMemory(tensor.As<short>().ToArray(), shape),
            _ => throw new ArgumentException($"the oracle takes no {tensor.Type}"),
        };
    }

    private static Tensor FromValue(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        int[] shape = [.. info.Shape.Select(s => (int)s)];
        return info.ElementDataType switch
        {
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float => Tensor.FromArray(value.GetTensorDataAsSpan<float>(), new Shape(shape)),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64 => Tensor.FromArray(value.GetTensorDataAsSpan<long>(), new Shape(shape)),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int32 => Tensor.FromArray(value.GetTensorDataAsSpan<int>(), new Shape(shape)),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Bool => Tensor.FromArray(value.GetTensorDataAsSpan<bool>(), new Shape(shape)),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.UInt8 => Tensor.FromArray(value.GetTensorDataAsSpan<byte>(), new Shape(shape)),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int16 => Tensor.FromArray(value.GetTensorDataAsSpan<short>(), new Shape(shape)),
            _ => throw new ArgumentException($"the oracle gives no {info.ElementDataType}"),
        };
    }
}
