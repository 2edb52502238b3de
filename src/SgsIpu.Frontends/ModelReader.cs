using SgsIpu.Core;
using SgsIpu.Frontends.Caffe;
using SgsIpu.Frontends.Onnx;
using SgsIpu.Frontends.TensorFlow;
using SgsIpu.Frontends.TfLite;

namespace SgsIpu.Frontends;

/// <summary>Reads a model file of any framework.</summary>
public static class ModelReader
{
    /// <exception cref="IpuException">The file is missing, of an unknown kind, or damaged.</exception>
    public static SourceGraph Read(string path, ReadOptions? options = null)
    {
        if (!File.Exists(path))
        {
            throw new IpuException("FileNotFound", $"there is no file '{path}'", IpuErrorKind.NotFound) { Target = path };
        }

        return (options?.Framework ?? FrameworkOf(path)) switch
        {
            Framework.Caffe => CaffeReader.Read(path, options?.WeightFile),
            Framework.Onnx => OnnxReader.Read(path),
            Framework.TensorFlow => TensorFlowReader.Read(path),
            Framework.TfLite => TfLiteReader.Read(path),
            var other => throw new IpuException("UnknownModelFormat", $"'{path}': {other} models cannot be read", IpuErrorKind.NotSupported) { Target = path },
        };
    }

    private static Framework FrameworkOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".prototxt" => Framework.Caffe,
        ".caffemodel" => throw new IpuException("UnknownModelFormat", $"'{path}' holds weights only; the model is the prototxt, and this file is named with -WeightFile", IpuErrorKind.InvalidArgument) { Target = path },
        ".onnx" => Framework.Onnx,
        ".pb" => Framework.TensorFlow,
        ".tflite" => Framework.TfLite,
        var extension => throw new IpuException("UnknownModelFormat", $"'{path}': '{extension}' is no extension of a model file; known are .onnx, .pb, .prototxt and .tflite", IpuErrorKind.NotSupported) { Target = path },
    };
}
