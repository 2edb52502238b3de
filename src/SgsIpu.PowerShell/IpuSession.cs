using SgsIpu.Core;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell;

/// <summary>A model made ready to run on arrays, with the steps of the vendor's calibrator_custom simulators.</summary>
public sealed class IpuSession : IDisposable
{
    private readonly IpuModel _model;
    private readonly IModelRunner _runner;
    private readonly Dictionary<string, Tensor> _inputs = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, Tensor>? _outputs;

    public IpuSession(IpuModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        _runner = IpuEngine.OpenRunner(model);
    }

    /// <summary>What the model takes, in order.</summary>
    public TensorDetail[] GetInputDetails() => Details(_model.Graph.Inputs);

    /// <summary>What the model returns, in order.</summary>
    public TensorDetail[] GetOutputDetails() => Details(_model.Graph.Outputs);

    /// <summary>All tensors of the model.</summary>
    public TensorDetail[] GetTensorDetails() => [.. IpuEngine.TensorDetails(_model)];

    /// <summary>Sets an input: a tensor or an array of numbers with the input's element count.</summary>
    /// <exception cref="IpuException">There is no such input (id <c>InputIndex</c>), or the array does not fit it (<c>InputMismatch</c>).</exception>
    public void SetInput(int index, object data)
    {
        if (index < 0 || index >= _model.Graph.Inputs.Length)
        {
            throw new IpuException("InputIndex", $"model '{_model.Name}' has inputs 0 to {_model.Graph.Inputs.Length - 1}, not {index}", IpuErrorKind.InvalidArgument);
        }

        TensorSpec spec = _model.Inputs[index];
        Tensor value = ScriptArray.ToTensor(data);
        if (value.Count != spec.Shape.Count)
        {
            throw new IpuException("InputMismatch", $"input '{spec.Name}' takes {spec.Shape} ({spec.Shape.Count} values), not {value}", IpuErrorKind.InvalidArgument);
        }

        _inputs[spec.Name] = Cast(value, spec);
    }

    /// <summary>Runs once on the inputs that were set.</summary>
    public void Invoke() => _outputs = _runner.Run(_inputs, CancellationToken.None);

    /// <summary>An output of the last run.</summary>
    /// <exception cref="IpuException">There was none (id <c>NotInvoked</c>), or there is no such output (<c>OutputIndex</c>).</exception>
    public IpuTensor GetOutput(int index)
    {
        if (index < 0 || index >= _model.Graph.Outputs.Length)
        {
            throw new IpuException("OutputIndex", $"model '{_model.Name}' has outputs 0 to {_model.Graph.Outputs.Length - 1}, not {index}", IpuErrorKind.InvalidArgument);
        }

        string name = _model.Graph.Outputs[index];
        return _outputs is null
            ? throw new IpuException("NotInvoked", "call Invoke() before GetOutput()", IpuErrorKind.InvalidArgument)
            : new IpuTensor(name, _outputs[name]);
    }

    public void Dispose() => _runner.Dispose();

    private static Tensor Cast(Tensor value, TensorSpec spec) => value.Type == spec.Type
        ? value.Reshape(spec.Shape)
        : spec.Type switch
        {
            DataType.Float32 => Tensor.FromArray<float>(value.ToFloats(), spec.Shape),
            DataType.UInt8 => Tensor.FromArray<byte>([.. value.ToFloats().Select(v => checked((byte)v))], spec.Shape),
            DataType.Int16 => Tensor.FromArray<short>([.. value.ToFloats().Select(v => checked((short)v))], spec.Shape),
            DataType.Int32 => Tensor.FromArray<int>([.. value.ToFloats().Select(v => checked((int)v))], spec.Shape),
            DataType.Int64 => Tensor.FromArray<long>([.. value.ToFloats().Select(v => checked((long)v))], spec.Shape),
            _ => throw new IpuException("InputMismatch", $"input '{spec.Name}' takes {spec.Type}", IpuErrorKind.InvalidArgument),
        };

    private TensorDetail[] Details(IEnumerable<string> names)
    {
        ILookup<string, TensorDetail> all = IpuEngine.TensorDetails(_model).ToLookup(t => t.Name);
        return [.. names.Select(n => all[n].First())];
    }
}
