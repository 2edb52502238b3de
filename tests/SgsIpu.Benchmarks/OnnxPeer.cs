using Microsoft.ML.OnnxRuntime;

namespace SgsIpu.Benchmarks;

/// <summary>A network in ONNX Runtime with its input, to be run again and again.</summary>
internal sealed class OnnxPeer : IDisposable
{
    private readonly InferenceSession _session;
    private readonly OrtValue _value;
    private readonly RunOptions _options = new();
    private readonly string _input;
    private readonly string[] _outputs;

    /// <param name="input">Values of the only input.</param>
    public OnnxPeer(string file, float[] input, SessionOptions options)
    {
        _session = new InferenceSession(file, options);
        (_input, NodeMetadata metadata) = _session.InputMetadata.Single();
        _value = OrtValue.CreateTensorValueFromMemory(input, [.. metadata.Dimensions.Select(d => (long)d)]);
        _outputs = [.. _session.OutputMetadata.Keys];
    }

    public void Run() => _session.Run(_options, [_input], [_value], _outputs).Dispose();

    public void Dispose()
    {
        _options.Dispose();
        _value.Dispose();
        _session.Dispose();
    }
}
