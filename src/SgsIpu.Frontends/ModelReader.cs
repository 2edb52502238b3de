using SgsIpu.Core;
using SgsIpu.Frontends.Onnx;
using SgsIpu.Frontends.TensorFlow;

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
            Framework.Onnx => OnnxReader.Read(path),
            Framework.TensorFlow => TensorFlowReader.Read(path),
            var other => throw new IpuException("UnknownModelFormat", $"'{path}': {other} models cannot be read", IpuErrorKind.NotSupported) { Target = path },
        };
    }

    private static Framework FrameworkOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".onnx" => Framework.Onnx,
        ".pb" => Framework.TensorFlow,
        var extension => throw new IpuException("UnknownModelFormat", $"'{path}': '{extension}' is no extension of a model file; known are .onnx and .pb", IpuErrorKind.NotSupported) { Target = path },
    };
}
