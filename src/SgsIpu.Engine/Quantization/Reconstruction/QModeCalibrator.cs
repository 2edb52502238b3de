using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>Makes a fixed model as a Q mode says, of a float model whose tensors have been observed.</summary>
internal sealed class QModeCalibrator
{
    private readonly CalibrationState _state;
    private readonly QMode _mode;
    private readonly QuantConfig _config;
    private readonly IProgress<IpuProgress>? _progress;
    private readonly Node[] _weighted;

    /// <exception cref="IpuException">The configuration does not fit the model or the mode.</exception>
    public QModeCalibrator(CalibrationState state, QMode mode, CalibrationOptions options, IProgress<IpuProgress>? progress)
    {
        _mode = mode switch { QMode.Q1 => QMode.Q11, QMode.Q2 => QMode.Q22, _ => mode };
        _config = options.QuantConfig ?? new QuantConfig();
        _progress = progress;
        IpuModel model = state.Float;
        _state = state with { Float = model with { Given = [.. model.Given, .. _config.Given(model.Graph)] } };
        _weighted = [.. model.Graph.Nodes.Where(n => ((IpuOperator)n.Op).Quantize(model.Graph.InputsOf(n)) is { Class: QuantClass.Convolution, Weight: >= 0 })];
    }

    public IpuModel Calibrate(CancellationToken cancellationToken)
    {
        switch (_mode)
        {
            case QMode.Q10 or QMode.Q20:
                return Calibrator.Quantize(_state, All(DataType.Int16), _progress, cancellationToken);
            case QMode.Q11:
                return Calibrator.Quantize(_state, All(DataType.UInt8), _progress, cancellationToken);
            default:
                throw new IpuException("QModeNotSupported", $"mode {_mode} is not available in this version", IpuErrorKind.NotSupported) { Target = _state.Float.Name };
        }
    }

    private Dictionary<string, DataType> All(DataType type) => _weighted.ToDictionary(n => n.Name, _ => type, StringComparer.Ordinal);
}
