using SgsIpu.Core;
using SgsIpu.Engine.Checking;
using SgsIpu.Engine.Comparison;
using SgsIpu.Engine.Compilation;
using SgsIpu.Engine.Compilation.Scheduling;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Importing;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Quantization;
using SgsIpu.Engine.Simulation;

namespace SgsIpu.Engine;

/// <summary>What the tool chain does, one method a step. Everything that is not a method here is a detail of one.</summary>
public static class IpuEngine
{
    /// <summary>Reads a framework's model and makes a float model of it; reads our own files at their stage.</summary>
    public static IpuModel Import(ImportOptions options, IProgress<IpuProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        IpuModel model = ModelImporter.Import(options, cancellationToken);
        Garbage.Sweep();
        return model;
    }

    /// <summary>Makes a fixed model of a float one.</summary>
    public static IpuModel Calibrate(IpuModel model, CalibrationOptions options, IProgress<IpuProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        return Calibrator.Calibrate(model, options, progress, cancellationToken);
    }

    /// <summary>Asks something of tensors: a float model carries it into its calibration, a fixed one is made again from what was observed.</summary>
    /// <exception cref="IpuException">The model is offline (id <c>WrongStage</c>), or a fixed one of which nothing observed is at hand (<c>StatisticsAbsent</c>).</exception>
    public static IpuModel Ask(IpuModel model, IEnumerable<GivenQuantization> given, IProgress<IpuProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(given);
        return model.Stage switch
        {
            IpuStage.Float => model with { Given = [.. model.Given, .. given] },
            IpuStage.Fixed => Calibrator.Recalibrate(model, given, progress, cancellationToken),
            _ => throw new IpuException("WrongStage", $"'{model.Name}' is an offline model, whose integers are decided; ask the float or the fixed one", IpuErrorKind.InvalidArgument) { Target = model.Name },
        };
    }

    /// <summary>Runs a float model over samples and gathers what a calibration needs, to be saved, merged, and used any number of times.</summary>
    public static CalibrationStatistics Observe(IpuModel model, CalibrationOptions options, IProgress<IpuProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        return Calibrator.Observe(model, options, progress, cancellationToken);
    }

    /// <summary>Makes an offline model of a fixed one.</summary>
    public static IpuModel Compile(IpuModel model, CompileOptions options, IProgress<IpuProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        return Compiler.Compile(model, options, progress, cancellationToken);
    }

    /// <summary>Measures every tensor that two stages of a model have in common, the largest error first.</summary>
    /// <param name="referenceSamples">The samples, opened for the reference.</param>
    /// <param name="samples">The same samples, opened for the model.</param>
    /// <param name="dump">Is given sample, tensor and the real values of reference and model; null for none.</param>
    /// <param name="referenceOutput">What the framework itself computes takes the place of what the reference does: its .onnx file, which ONNX Runtime runs, an .npz or
    /// .npy file, or a folder of arrays; only tensors that it has are compared. Null for none.</param>
    /// <exception cref="IpuException">There is nothing to compare (ids <c>NothingToCompare</c>, <c>NoSamples</c>), or the reference output cannot be read or does not fit
    /// (<c>ReferenceMissing</c>, <c>ReferenceShape</c>, <c>ReferenceAmbiguous</c>).</exception>
    public static IReadOnlyList<IpuTensorComparison> Compare(
        IpuModel reference,
        IpuModel model,
        ISampleSource referenceSamples,
        ISampleSource samples,
        Action<string, string, Tensor, Tensor>? dump = null,
        string? referenceOutput = null,
        IProgress<IpuProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(referenceSamples);
        ArgumentNullException.ThrowIfNull(samples);
        using IReferenceValues? given = referenceOutput is null || referenceSamples.Count == 0 ? null
            : Path.GetExtension(referenceOutput).Equals(".onnx", StringComparison.OrdinalIgnoreCase) ? new OnnxReference(referenceOutput, reference.Graph)
            : new ReferenceFiles(referenceOutput, reference.Graph, referenceSamples.Read(0, true, cancellationToken).Name, referenceSamples.Count);
        return ModelComparer.Compare(reference, model, referenceSamples, samples, given, dump, progress, cancellationToken);
    }

    /// <summary>Counts the cycles and bytes of a fixed or offline model on a chip.</summary>
    /// <param name="soc">A chip's name or a profile's file; null for the model's own.</param>
    /// <param name="hostRuns">Runs of the simulator to time as well; 0 for none.</param>
    public static IpuModelCost Measure(IpuModel model, string? soc = null, int hostRuns = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        return CostModel.Measure(model, SocProfile.Of(soc ?? model.SocVersion), hostRuns, cancellationToken);
    }

    /// <summary>Writes a model: float and fixed as <paramref name="format"/>, offline as <c>.img</c>.</summary>
    /// <param name="overwrite">False refuses to replace a file (id <c>FileExists</c>).</param>
    public static void Export(IpuModel model, string path, ModelFormat format = ModelFormat.Sim, bool overwrite = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ModelWriter.Write(model, path, format, overwrite, cancellationToken);
    }

    /// <summary>Runs a model over samples; results come in the order of the samples, as soon as they are there.</summary>
    public static IEnumerable<RunResult> Run(IpuModel model, RunOptions options, IProgress<IpuProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        return SampleRun.Over(model, options, progress, cancellationToken);
    }

    /// <summary>Makes a model ready to run.</summary>
    /// <param name="observed">Tensors to return besides the outputs.</param>
    /// <param name="threads">Threads of one run of a fixed or offline model; results do not depend on it.</param>
    public static IModelRunner OpenRunner(IpuModel model, IReadOnlyList<string>? observed = null, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Stage switch
        {
            IpuStage.Float => new FloatRunner(model.Graph, observed),
            IpuStage.Fixed => FixedRunner.OfFixed(model.Graph, observed, threads),
            _ => new OfflineRunner(model, threads),
        };
    }

    /// <summary>Times each node of a fixed or offline model on this machine, as its kernels run it.</summary>
    /// <param name="inputs">Every input of the model, by name.</param>
    /// <param name="rounds">Runs that the median is taken of.</param>
    /// <exception cref="IpuException">The model is a float one (id <c>WrongStage</c>), or the inputs are not those that it takes.</exception>
    public static IReadOnlyList<NodeTiming> TimeNodes(IpuModel model, IReadOnlyDictionary<string, Tensor> inputs, int rounds = 20, int threads = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(inputs);
        return model.Stage == IpuStage.Float
            ? throw new IpuException("WrongStage", $"model '{model.Name}' is a float model; the nodes of fixed and offline models are timed, so calibrate it first", IpuErrorKind.InvalidArgument) { Target = model.Name }
            : NodeTimer.Time(model.Graph, inputs, rounds, threads, cancellationToken);
    }

    /// <summary>All tensors of a model, inputs first.</summary>
    public static IReadOnlyList<TensorDetail> TensorDetails(IpuModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return TensorTable.Of(model);
    }

    /// <summary>Compares every node of a model with the limits of chips.</summary>
    /// <param name="socVersions">Chips whose generations are looked at; all where none is named.</param>
    /// <exception cref="IpuException">There is no such chip (id <c>UnknownSoc</c>).</exception>
    public static IEnumerable<LimitCheck> CheckLimits(IpuModel model, IEnumerable<string> socVersions)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(socVersions);
        SocGeneration[] named = [.. socVersions.Select(s => SocProfile.Of(s).Generation).Distinct().OrderDescending()];
        return LimitChecker.Check(model, named.Length > 0 ? named : [SocGeneration.Newer, SocGeneration.Older]);
    }
}
