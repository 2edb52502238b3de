using SgsIpu.Engine;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>A network with the pictures that it is judged on.</summary>
/// <param name="Path">Below the folder of models.</param>
/// <param name="Score">Makes a judge for a level, which knows its targets.</param>
internal sealed record AccuracyModel(string Name, string Path, Func<AccuracyCase, Score> Score) : AssetModel(Name, Path)
{
    public string Evaluation { get; init; } = "coco/evaluation";

    public ISampleSource EvaluationSamples(IpuModel model, int most) => Parts?.Invoke(Evaluation, most) ?? Open(model, Files(Evaluation, most));

    /// <summary>Other pictures, where all of the calibration folder are calibrated on.</summary>
    public string? Spare { get; init; }

    /// <summary>Pictures that are not calibrated on, those of the calibration folder where it has more: to choose on, so that those of the evaluation only measure.</summary>
    public ISampleSource SpareSamples(IpuModel model) => Spare is null
        ? Open(model, [.. Files(Calibration, int.MaxValue).Except(Files(Calibration, CalibrationImages))])
        : Parts?.Invoke(Spare, int.MaxValue) ?? Open(model, Files(Spare, int.MaxValue));
}
