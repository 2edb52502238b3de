using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Staging;

/// <summary>
/// Runs one stage of a split network and keeps what it was given, so that the stage can be calibrated on it afterwards, at any level.
/// The inputs go to a temporary file, which is gone when this is disposed: hundreds of feature maps need not fit into memory.
/// </summary>
public sealed class StageRecorder : IModelRunner, ISampleSource
{
    private readonly IpuModel _model;
    private readonly IModelRunner _runner;
    private readonly FileStream _file;
    private readonly Lock _gate = new();
    private readonly List<string> _names = [];
    private readonly long _size;

    /// <exception cref="IpuException">The model is no float one (id <c>StageMismatch</c>).</exception>
    public StageRecorder(IpuModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Stage != IpuStage.Float)
        {
            throw new IpuException("StageMismatch", $"'{model.Name}' is a {model.Stage} model; calibration takes a Float one", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        _model = model;
        _size = model.Inputs.Sum(i => i.ByteCount);
        _runner = IpuEngine.OpenRunner(model);
        string path = Path.Combine(Path.GetTempPath(), $"sgsipu-{Path.GetRandomFileName()}");
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
    }

    /// <summary>Names the runs that follow, for messages.</summary>
    public string Source { get; set; } = "";

    /// <summary>Runs that were recorded.</summary>
    public int Count => _names.Count;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> Run(IReadOnlyDictionary<string, Tensor> inputs, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, Tensor> outputs = _runner.Run(inputs, cancellationToken);
        lock (_gate)
        {
            long at = _names.Count * _size;
            foreach (string name in _model.Graph.Inputs)
            {
                RandomAccess.Write(_file.SafeFileHandle, inputs[name].Bytes, at);
                at += inputs[name].Bytes.Length;
            }

            _names.Add(Source);
        }

        return outputs;
    }

    /// <summary>The inputs of a run that was recorded.</summary>
    /// <param name="norm">True: what was recorded are real numbers.</param>
    /// <exception cref="IpuException"><paramref name="norm"/> is false (id <c>StageBytes</c>).</exception>
    public Sample Read(int index, bool norm, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!norm)
        {
            throw new IpuException("StageBytes", $"stage '{_model.Name}' was given real numbers; the board's bytes of its inputs are not known", IpuErrorKind.NotSupported) { Target = _model.Name };
        }

        long at = index * _size;
        var inputs = ImmutableArray.CreateBuilder<Tensor>();
        foreach (TensorSpec spec in _model.Inputs)
        {
            var value = new Tensor(spec.Type, spec.Shape);
            for (int done = 0; done < value.Bytes.Length;)
            {
                int read = RandomAccess.Read(_file.SafeFileHandle, value.Bytes[done..], at + done);
                done += read > 0 ? read : throw new IpuException("StageRecording", $"the recorded inputs of stage '{_model.Name}' are gone from {_file.Name}", IpuErrorKind.IO) { Target = _model.Name };
            }

            inputs.Add(value);
            at += value.Bytes.Length;
        }

        return new Sample(_names[index], inputs.DrainToImmutable());
    }

    public void Dispose()
    {
        _runner.Dispose();
        _file.Dispose();
    }
}
