using System.Collections.Frozen;
using SgsIpu.Core;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Simulation;

namespace SgsIpu.Engine.Quantization;

/// <summary>Makes a fixed model of a float one: decides types, observes ranges, rounds.</summary>
internal static class Calibrator
{
    /// <exception cref="IpuException">The model is not a float one (id <c>StageMismatch</c>), there are no samples (<c>NoSamples</c>), or a
    /// sample does not fit.</exception>
    public static IpuModel Calibrate(IpuModel model, CalibrationOptions options, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        if (model.Stage != IpuStage.Float)
        {
            throw new IpuException("StageMismatch", $"'{model.Name}' is a {model.Stage} model; calibration takes a Float one", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        model = Prepared(model, options);
        if (options is { QMode: not null, Samples.Count: 0 })
        {
            throw new IpuException("NoSamples", $"'{model.Name}': the Q modes rebuild layers on samples, which statistics do not replace", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        using SharedArena? arena = options.MemorySaving ? null : SharedArena.Use();
        CalibrationStatistics statistics = options.Statistics is { } given ? Checked(model, given) : Observed(model, options, UsesChannels(options), progress, cancellationToken);
        var state = new CalibrationState(model, options.Level, statistics) { Budget = Checked(model, options), TargetSqnr = CheckedTarget(model, options) };
        IpuModel result = options.QMode is { } mode
            ? new Reconstruction.QModeCalibrator(state, mode, options, progress).Calibrate(cancellationToken)
            : Quantize(state, null, progress, cancellationToken);

        // What follows in a pipeline does not need what was rounded and measured on the way.
        Garbage.Sweep();
        return result;
    }

    /// <summary>Runs a float model over samples and gathers what a calibration needs.</summary>
    /// <exception cref="IpuException">As for <see cref="Calibrate"/>.</exception>
    public static CalibrationStatistics Observe(IpuModel model, CalibrationOptions options, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        if (model.Stage != IpuStage.Float)
        {
            throw new IpuException("StageMismatch", $"'{model.Name}' is a {model.Stage} model; statistics are of a Float one", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        return Observed(Prepared(model, options), options, byChannel: true, progress, cancellationToken);
    }

    private static IpuModel Prepared(IpuModel model, CalibrationOptions options)
    {
        model = model with { InputConfig = options.InputConfig ?? model.InputConfig, Given = [.. model.Given, .. options.Given] };
        model.InputConfig?.Check(model.Graph);
        return model;
    }

    private static PrecisionPlan PlanOf(Graph graph, IpuModel model) =>
        new PrecisionPlan(graph, model.InputConfig).Observe(RangeDecider.FormatRanges(model.InputConfig).Keys.ToFrozenSet());

    /// <summary>True where ranges of channels are chosen by their histograms: not where they are the extremes.</summary>
    private static bool UsesChannels(CalibrationOptions options) => options.QMode is not null || options.Level >= CalibrationLevel.L3;

    /// <param name="byChannel">True keeps histograms of channels.</param>
    private static CalibrationStatistics Observed(IpuModel model, CalibrationOptions options, bool byChannel, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        if (options.Samples.Count == 0)
        {
            throw new IpuException("NoSamples", $"no samples are given to calibrate '{model.Name}' on", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        Graph graph = new GivenTable(model.Graph, model.Given).Graph;
        PrecisionPlan plan = PlanOf(graph, model);

        // Making a session takes one core.
        Task<string> fingerprint = Task.Run(() => GraphFingerprint.Of(graph, model.InputConfig), cancellationToken);
        using LeanHeap? heap = options.MemorySaving ? LeanHeap.Use() : null;
        using var collector = new StatisticsCollector(graph, plan.Observed, byChannel ? plan.ObservedByChannel : null, options.MemorySaving);
        IReadOnlyDictionary<string, ActivationStatistics> tensors = collector.Collect(options.Samples, options.NumProcess, progress, cancellationToken);
        return new CalibrationStatistics(model.Name, fingerprint.GetAwaiter().GetResult(), tensors, collector.Held);
    }

    /// <exception cref="IpuException">Nothing chooses 16 bits that a budget could limit (id <c>BudgetUnused</c>).</exception>
    private static CostBudget? Checked(IpuModel model, CalibrationOptions options) =>
        options.Budget is { } budget && (options.QMode is not null || options.Level < CalibrationLevel.L4)
            ? throw new IpuException("BudgetUnused", $"'{model.Name}': a limit of {(budget.MaxCycles is null ? "bytes" : "cycles")} steers the levels L4 and L5, not {options.QMode?.ToString() ?? options.Level.ToString()}", IpuErrorKind.InvalidArgument) { Target = model.Name }
            : options.Budget;

    /// <exception cref="IpuException">Nothing chooses 16 bits for a target (id <c>TargetUnused</c>).</exception>
    private static double? CheckedTarget(IpuModel model, CalibrationOptions options)
    {
        bool chooses = options.QMode is { } mode ? mode is QMode.Q12 or QMode.Q2 or QMode.Q22 : options.Level == CalibrationLevel.L5;
        string refusal = options.TargetSqnr is null ? ""
            : !chooses ? $"a target steers the level L5 and the modes Q12 and Q22, not {options.QMode?.ToString() ?? options.Level.ToString()}"
            : model.InputConfig?.ConvolutionFormat is not null ? "its input_format says how many bits convolutions have, which leaves nothing to choose for a target"
            : "";
        return refusal.Length == 0 ? options.TargetSqnr : throw new IpuException("TargetUnused", $"'{model.Name}': {refusal}", IpuErrorKind.InvalidArgument) { Target = model.Name };
    }

    private static CalibrationStatistics Checked(IpuModel model, CalibrationStatistics statistics)
    {
        Graph graph = new GivenTable(model.Graph, model.Given).Graph;
        statistics.Check(model.Name, GraphFingerprint.Of(graph, model.InputConfig), PlanOf(graph, model).Observed);
        return statistics;
    }

    /// <summary>Makes a fixed model again with other wishes, without running the float one.</summary>
    /// <param name="given">In addition to what was asked before.</param>
    /// <exception cref="IpuException">It is not known what the model was made from (id <c>StatisticsAbsent</c>), or the wishes replace
    /// constants, which changes what is observed (<c>StatisticsStale</c>).</exception>
    public static IpuModel Recalibrate(IpuModel model, IEnumerable<GivenQuantization> given, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        if (model.Calibration is not { } state)
        {
            throw new IpuException("StatisticsAbsent", $"'{model.Name}' was read from a file, which does not hold what was observed; ask the float model and calibrate it again", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        GivenQuantization[] wishes = [.. given];
        if (wishes.FirstOrDefault(w => w.Data is not null) is { } replaced)
        {
            throw new IpuException("StatisticsStale", $"'{model.Name}': other values of '{replaced.Tensor}' change what is observed; ask the float model and calibrate it again", IpuErrorKind.InvalidArgument) { Target = replaced.Tensor };
        }

        using SharedArena arena = SharedArena.Use();
        return Quantize(state with { Float = state.Float with { Given = [.. state.Float.Given, .. wishes] } }, null, progress, cancellationToken);
    }

    private static IpuModel Quantize(CalibrationState state, IReadOnlyDictionary<string, DataType>? chosen, IProgress<IpuProgress>? progress, CancellationToken cancellationToken) =>
        QuantizeForRebuilding(state, chosen, progress, cancellationToken).Model;

    /// <summary>Decides types and ranges, and rounds.</summary>
    /// <param name="chosen">Types of the activations that convolutions read, by node, in place of the configuration's; null searches.</param>
    internal static QuantizedModel QuantizeForRebuilding(CalibrationState state, IReadOnlyDictionary<string, DataType>? chosen, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        IpuModel model = state.Float;
        var given = new GivenTable(model.Graph, model.Given);
        model = model with { Graph = given.Graph };
        var search = new LevelSearch(model, state, given, progress, cancellationToken);
        return Made(search.Make(chosen));

        QuantizedModel Made(QuantizationVariant variant)
        {
            Graph graph = search.Quantize(variant);
            var report = new CalibrationReport { Given = variant.Given.Outcomes, Decisions = [.. variant.Decisions], Steps = search.Steps, OutputSqnr = search.Sqnr, Expected = ExpectedSqnr.Later(graph, variant.Plan, state.Statistics) };
            return new QuantizedModel(
                model with { Stage = IpuStage.Fixed, Graph = graph, Calibration = state, Report = report },
                variant.Chosen.Where(c => c.Value == DataType.Int16).Select(c => c.Key),
                search.Sensitivity,
                () => search.WithoutBorder(variant),
                types => Made(search.WithTypes(variant, types)));
        }
    }
}
