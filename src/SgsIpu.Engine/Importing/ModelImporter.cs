using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Compilation;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Passes;
using SgsIpu.Frontends;

namespace SgsIpu.Engine.Importing;

/// <summary>From a framework's file to a float model.</summary>
internal static class ModelImporter
{
    public static IpuModel Import(ImportOptions options, CancellationToken cancellationToken)
    {
        if (OwnFile(options.Path) is { } own)
        {
            return own with { InputConfig = options.InputConfigPath is { } ini ? InputConfig.Read(ini) : own.InputConfig };
        }

        string soc = SocProfile.Of(options.SocVersion).Name;
        SourceGraph source = ModelReader.Read(options.Path, new ReadOptions { Framework = options.Framework, WeightFile = options.WeightFile });
        cancellationToken.ThrowIfCancellationRequested();
        (source, ImmutableArray<GivenQuantization> given) = QuantizedPairs.Take(FusedConvolutions.Split(source));
        options = WithNamedShapes(source, options);
        Graph graph = GraphLifter.Lift(Cut(source, options, cancellationToken), options, cancellationToken);
        graph = PassRunner.Run(graph, options.SkipSimplify ? Pipelines.Import : [.. Pipelines.Import, .. Pipelines.Optimize], cancellationToken);
        InputConfig? config = options.InputConfigPath is { } path ? InputConfig.Read(path) : null;
        config?.Check(graph);
        return new IpuModel(Path.GetFileNameWithoutExtension(options.Path), IpuStage.Float, graph)
        {
            Notes = source.Notes,
            SocVersion = soc,
            SourcePath = options.Path,
            InputConfig = config,
            Given = QuantizedPairs.Kept(given, graph),
        };
    }

    /// <summary>The model of one of our own files; null for a framework's.</summary>
    private static IpuModel? OwnFile(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".sim" => SimFile.Read(InputFile.Read(path), path),
        ".img" => ImageReader.Read(InputFile.Read(path), path),
        _ => null,
    };

    /// <summary>Gives shapes in the order of the inputs to their names.</summary>
    /// <exception cref="IpuException">There are not as many shapes as inputs (id <c>InputShapeCount</c>).</exception>
    private static ImportOptions WithNamedShapes(SourceGraph source, ImportOptions options)
    {
        if (options.InputShapeList.IsEmpty)
        {
            return options;
        }

        string[] inputs = [.. SourceCutter.Cut(source, options.InputNames, options.OutputNames).Inputs.Select(i => i.Name)];
        return options.InputShapeList.Length == inputs.Length
            ? options with { InputShapes = inputs.Zip(options.InputShapeList).ToImmutableDictionary(p => p.First, p => p.Second) }
            : throw new IpuException(
                "InputShapeCount",
                $"{Path.GetFileName(options.Path)} has {inputs.Length} inputs ({string.Join(", ", inputs)}), and {options.InputShapeList.Length} shapes are given; give one for each, separated by ':'",
                IpuErrorKind.InvalidArgument)
            { Target = options.Path };
    }

    private static SourceGraph Cut(SourceGraph source, ImportOptions options, CancellationToken cancellationToken)
    {
        SourceGraph cut = SourceCutter.Cut(source, options.InputNames, options.OutputNames);
        string[] open = [.. cut.Inputs.Where(i => i.Dimensions.IsDefault && !options.InputShapes.ContainsKey(i.Name)).Select(i => i.Name)];
        if (open.Length == 0 || options.InputNames.IsEmpty)
        {
            return cut;
        }

        // The file does not say the shapes of the tensors to cut at; the part before them does.
        SourceGraph before = SourceCutter.Cut(source, [], [.. open]);
        ImmutableDictionary<string, Shape> shapes = GraphLifter.ShapesOf(before, options, open, cancellationToken);
        return cut with { Inputs = [.. cut.Inputs.Select(i => shapes.TryGetValue(i.Name, out Shape s) ? i with { Dimensions = s.Dimensions } : i)] };
    }
}
