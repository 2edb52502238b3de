using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SgsIpu.Core;
using SgsIpu.Frontends.Onnx;
using Tensor = SgsIpu.Core.Tensor;

namespace SgsIpu.Engine.Simulation;

/// <summary>An ONNX model made ready in ONNX Runtime, on one thread a run, so that results do not depend on the machine's load.</summary>
internal sealed class OnnxSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly LentConstants _constants;
    private readonly string[] _inputs;
    private readonly string[] _outputs;
    private long _pressure;

    /// <param name="graph">Its large constants are lent to the session, not copied.</param>
    /// <param name="optimize">False for models that run once, where optimizing costs more than it gains.</param>
    /// <param name="lean">True gives memory back at once, in place of keeping it for the next run.</param>
    /// <param name="packs">False multiplies matrices as they are, without a packed copy of each.</param>
    /// <param name="cuda">The GPU to run on, where <see cref="HasCuda"/>; null for the CPU.</param>
    /// <exception cref="IpuException">ONNX Runtime refuses the model or the GPU (id <c>OnnxRuntimeRefused</c>).</exception>
    public OnnxSession(SourceGraph graph, bool optimize = true, int? cuda = null, bool lean = false, bool packs = true)
        : this(OnnxWriter.Write(graph, Lent(graph, out LentConstants constants)), [.. graph.Outputs.Select(o => o.Name)], constants, optimize, cuda, lean, packs)
    {
    }

    /// <param name="model">A serialized ModelProto, which runs as it is: optimizing would compute some of the tensors in another way.</param>
    /// <param name="files">Contents of files that it takes initializers from; they are lent to the session, not copied.</param>
    /// <exception cref="IpuException">As for a graph.</exception>
    public OnnxSession(byte[] model, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, IReadOnlyList<string> outputs)
        : this(model, outputs, new LentConstants(files), optimize: false, cuda: null, lean: false, packs: true)
    {
    }

    private OnnxSession(byte[] model, IReadOnlyList<string> outputs, LentConstants constants, bool optimize, int? cuda, bool lean, bool packs)
    {
        Garbage.Sweep();
        _outputs = [.. outputs];
        _constants = constants;
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            EnableCpuMemArena = !lean,
            EnableMemoryPattern = !lean,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = optimize ? GraphOptimizationLevel.ORT_ENABLE_ALL : GraphOptimizationLevel.ORT_DISABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        try
        {
            constants.Lend(options);
            if (!lean)
            {
                SharedArena.Offer(options);
            }

            if (!packs)
            {
                options.AddSessionConfigEntry("session.disable_prepacking", "1");
            }

            if (cuda is { } gpu)
            {
                options.AppendExecutionProvider_CUDA(gpu);
            }

            _session = new InferenceSession(model, options);
        }
        catch (OnnxRuntimeException e)
        {
            constants.Dispose();
            throw new IpuException("OnnxRuntimeRefused", $"ONNX Runtime refuses the model: {e.Message}", IpuErrorKind.NotSupported, e);
        }

        _inputs = [.. _session.InputNames];
        AddPressure(model.Length + constants.Bytes);
    }

    /// <summary>True where the ONNX Runtime that was loaded can use NVIDIA GPUs; the one that the module brings cannot.</summary>
    public static bool HasCuda => OrtEnv.Instance().GetAvailableProviders().Contains("CUDAExecutionProvider");

    /// <summary>The sizes that the model names of an input; -1 for open ones.</summary>
    public IReadOnlyList<int> SizesOf(string input) => _session.InputMetadata[input].Dimensions;

    /// <summary>Runs once and copies the outputs, in the order given to the constructor.</summary>
    public Tensor[] Run(IReadOnlyDictionary<string, Tensor> inputs, CancellationToken cancellationToken)
    {
        var result = new Tensor[_outputs.Length];
        Run(inputs, (i, type, shape, bytes) => result[i] = new Tensor(type, shape, bytes.ToArray()), cancellationToken);
        return result;
    }

    /// <summary>Runs once and shows each output where ONNX Runtime keeps it, without a copy.</summary>
    /// <param name="visit">Called with the output's position, type, shape and bytes, which are gone afterwards.</param>
    public void Run(IReadOnlyDictionary<string, Tensor> inputs, Action<int, DataType, Shape, ReadOnlySpan<byte>> visit, CancellationToken cancellationToken)
    {
        using var buffers = new OnnxBuffers(_inputs.Select(n => inputs[n]), []);
        buffers.Fill(_inputs.Select(n => inputs[n]));
        Run(
            options =>
            {
                using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(options, _inputs, buffers.Inputs, _outputs);
                Visit(outputs, visit);
            },
            cancellationToken);
    }

    /// <summary>Runs once on values where they are, and leaves the outputs, in the order given to the constructor, to the caller.</summary>
    public IReadOnlyList<OrtValue> Run(Func<string, OrtValue> inputs, CancellationToken cancellationToken)
    {
        IReadOnlyList<OrtValue> outputs = [];
        OrtValue[] values = [.. _inputs.Select(inputs)];
        Run(options => outputs = _session.Run(options, _inputs, values, _outputs), cancellationToken);
        return outputs;
    }

    /// <summary>Runs once on values where they are, into values where they are, in the order given to the constructor.</summary>
    public void Run(Func<string, OrtValue> inputs, IReadOnlyCollection<OrtValue> outputs, CancellationToken cancellationToken)
    {
        OrtValue[] values = [.. _inputs.Select(inputs)];
        Run(options => _session.Run(options, _inputs, values, _outputs, outputs), cancellationToken);
    }

    public void Dispose()
    {
        _session.Dispose();
        _constants.Dispose();
        if (Interlocked.Exchange(ref _pressure, 0) is > 0 and var pressure)
        {
            GC.RemoveMemoryPressure(pressure);
            Garbage.Released(pressure);
        }
    }

    private static IReadOnlyDictionary<string, string> Lent(SourceGraph graph, out LentConstants constants)
    {
        constants = LentConstants.Of(graph.Constants, out IReadOnlyDictionary<string, string> files);
        return files;
    }

    /// <summary>
    /// The session holds most weights once more where the garbage collector does not see them; without knowing of it, it would let the bytes of
    /// many large models pile up.
    /// </summary>
    private void AddPressure(long bytes)
    {
        if (bytes > 0)
        {
            _pressure = bytes;
            GC.AddMemoryPressure(bytes);
        }
    }

    private static void Visit(IReadOnlyList<OrtValue> outputs, Action<int, DataType, Shape, ReadOnlySpan<byte>> visit)
    {
        for (int i = 0; i < outputs.Count; i++)
        {
            OrtTensorTypeAndShapeInfo info = outputs[i].GetTensorTypeAndShape();
            var shape = new Shape([.. info.Shape.Select(d => checked((int)d))]);
            DataType type = FromOrt(info.ElementDataType);
            ReadOnlySpan<byte> bytes = shape.Count == 0 ? [] : outputs[i].GetTensorMutableRawData()[..checked((int)type.ByteCount(shape.Count))];
            visit(i, type, shape, bytes);
        }
    }

    private static void Run(Action<Microsoft.ML.OnnxRuntime.RunOptions> run, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var options = new Microsoft.ML.OnnxRuntime.RunOptions();
        using CancellationTokenRegistration stop = cancellationToken.Register(() => options.Terminate = true);
        try
        {
            run(options);
        }
        catch (OnnxRuntimeException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new IpuException("OnnxRuntimeFailed", $"ONNX Runtime failed: {e.Message}", IpuErrorKind.External, e);
        }
    }

    private static DataType FromOrt(TensorElementType type) => type switch
    {
        TensorElementType.Float => DataType.Float32,
        TensorElementType.Float16 => DataType.Float16,
        TensorElementType.Double => DataType.Float64,
        TensorElementType.Int64 => DataType.Int64,
        TensorElementType.Int32 => DataType.Int32,
        TensorElementType.Int16 => DataType.Int16,
        TensorElementType.UInt16 => DataType.UInt16,
        TensorElementType.UInt8 => DataType.UInt8,
        TensorElementType.Int8 => DataType.Int8,
        TensorElementType.Bool => DataType.Bool,
        _ => throw new IpuException("OutputType", $"ONNX Runtime computed a tensor of {type} elements", IpuErrorKind.NotSupported),
    };
}
