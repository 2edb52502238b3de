using System.Management.Automation;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.PowerShell;

/// <summary>
/// A model made ready to run on arrays, with the steps of the vendor's calibrator_custom: calibrator, float_simulator, fixed_simulator
/// and offline_simulator, by the stage of the model.
/// </summary>
public sealed class IpuSession : IDisposable
{
    private readonly IModelRunner _runner;
    private readonly Func<string, string> _resolve;
    private readonly Dictionary<string, Tensor> _inputs = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, Tensor>? _outputs;

    public IpuSession(IpuModel model)
        : this(model, null, Path.GetFullPath)
    {
    }

    /// <param name="runner">Runs the model; null for the simulator of its stage.</param>
    /// <param name="resolve">Makes a file name of a path.</param>
    internal IpuSession(IpuModel model, IModelRunner? runner, Func<string, string> resolve)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
        _resolve = resolve;
        _runner = runner ?? IpuEngine.OpenRunner(model);
    }

    public IpuModel Model { get; }

    /// <summary>Stops a run.</summary>
    internal CancellationToken StopToken { get; init; }

    /// <summary>What the model takes, in order.</summary>
    public SessionDetail[] GetInputDetails() => [.. Model.Inputs.Select(Detail)];

    /// <summary>What the model returns, in order.</summary>
    public SessionDetail[] GetOutputDetails() => [.. Model.Outputs.Select(Detail)];

    /// <summary>All tensors of the model.</summary>
    public TensorDetail[] GetTensorDetails() => [.. IpuEngine.TensorDetails(Model)];

    /// <summary>Sets an input: an array of numbers, a tensor, or the path of a .npy file.</summary>
    /// <exception cref="IpuException">There is no such input (id <c>InputIndex</c>), or the array does not fit it (<c>InputMismatch</c>, <c>InputRange</c>).</exception>
    public void SetInput(int index, object data)
    {
        if (index < 0 || index >= Model.Graph.Inputs.Length)
        {
            throw new IpuException("InputIndex", $"model '{Model.Name}' has inputs 0 to {Model.Graph.Inputs.Length - 1}, not {index}", IpuErrorKind.InvalidArgument) { Target = Model.Name };
        }

        TensorSpec spec = Model.Inputs[index];
        _inputs[spec.Name] = SessionInput.Fit(Value(data), spec, Model.Image is { MaxBatch: > 1 });
        _outputs = null;
    }

    /// <summary>Sets an input by its name.</summary>
    /// <exception cref="IpuException">There is no such input (id <c>InputUnknown</c>), or the array does not fit it.</exception>
    public void SetInput(string name, object data)
    {
        int index = Model.Graph.Inputs.IndexOf(name);
        SetInput(index >= 0 ? index : throw Unknown("InputUnknown", "input", name, Model.Graph.Inputs), data);
    }

    /// <summary>Runs once on the inputs that were set.</summary>
    /// <exception cref="IpuException">An input was not set (id <c>InputMissing</c>).</exception>
    public void Invoke() => _outputs = _runner.Run(_inputs, StopToken);

    /// <summary>An output of the last run.</summary>
    /// <exception cref="IpuException">There was none since the inputs were set (id <c>NotInvoked</c>), or there is no such output (<c>OutputIndex</c>).</exception>
    public IpuTensor GetOutput(int index)
    {
        if (index < 0 || index >= Model.Graph.Outputs.Length)
        {
            throw new IpuException("OutputIndex", $"model '{Model.Name}' has outputs 0 to {Model.Graph.Outputs.Length - 1}, not {index}", IpuErrorKind.InvalidArgument) { Target = Model.Name };
        }

        string name = Model.Graph.Outputs[index];
        return _outputs is null
            ? throw new IpuException("NotInvoked", $"model '{Model.Name}' has not run on these inputs; call Invoke() before GetOutput()", IpuErrorKind.InvalidArgument) { Target = Model.Name }
            : new IpuTensor(name, _outputs[name]);
    }

    /// <summary>An output of the last run by its name.</summary>
    /// <exception cref="IpuException">There is no such output (id <c>OutputUnknown</c>).</exception>
    public IpuTensor GetOutput(string name)
    {
        int index = Model.Graph.Outputs.IndexOf(name);
        return GetOutput(index >= 0 ? index : throw Unknown("OutputUnknown", "output", name, Model.Graph.Outputs));
    }

    public void Dispose() => _runner.Dispose();

    public override string ToString() => $"session of {Model}";

    private static SessionDetail Detail(TensorSpec spec, int index) => new(index, spec.Name, [.. spec.Shape], spec.Type.ToString());

    private Tensor Value(object data)
    {
        object value = data is PSObject wrapped ? wrapped.BaseObject : data;
        string? path = value switch
        {
            string text => _resolve(text),
            FileInfo file => file.FullName,
            _ => null,
        };
        return path is null ? ScriptArray.ToTensor(value) : NpyFile.Read(InputFile.Read(path), path);
    }

    private IpuException Unknown(string errorId, string what, string name, IEnumerable<string> known) =>
        new(errorId, $"model '{Model.Name}' has no {what} '{name}'; it has {string.Join(", ", known)}", IpuErrorKind.NotFound) { Target = name };
}
