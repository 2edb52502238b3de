using System.Collections;
using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>Opens the samples that a user names.</summary>
public static class SampleSources
{
    /// <summary>The samples for a model, at any stage. Dispose it to end the script workers.</summary>
    /// <exception cref="IpuException">An image or a preprocessing form is not usable.</exception>
    public static FileSampleSource Open(IpuModel model, SampleSourceOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        InputConfig? config = options.InputConfig ?? model.InputConfig;
        int inputs = model.Graph.Inputs.Length;
        if (options.Preprocess.Length > 1 && options.Preprocess.Length != inputs)
        {
            throw new IpuException(
                "PreprocessCount",
                $"{options.Preprocess.Length} preprocessing forms for {inputs} inputs ({string.Join(", ", model.Graph.Inputs)}): give one for all or one for each",
                IpuErrorKind.InvalidArgument);
        }

        IReadOnlyList<ImmutableArray<string>> files = ImageList.Expand(options.Images, inputs);
        ImmutableArray<SampleInput> readers =
        [
            .. model.Inputs.Select((spec, i) =>
            {
                InputSetting? setting = config?.Inputs.FirstOrDefault(s => s.Name == spec.Name);
                object? form = options.Preprocess.Length switch { 0 => null, 1 => options.Preprocess[0], _ => options.Preprocess[i] };
                (int Height, int Width)? size = ImageSize(model.Graph, spec);
                return new SampleInput(spec, setting, size, Preprocessor(form, spec, size, setting, options));
            }),
        ];
        return new FileSampleSource(files, readers);
    }

    private static IPreprocessor Preprocessor(object? form, TensorSpec spec, (int Height, int Width)? size, InputSetting? setting, SampleSourceOptions options)
    {
        return form switch
        {
            null => FromRecipe(new Recipe()),
            Recipe recipe => FromRecipe(recipe),
            IDictionary keys => FromRecipe(RecipeReader.Read(keys, "hashtable")),
            Func<string, bool, Tensor> function => new DelegatePreprocessor(function),
            string path when Extension(path) is ".py" && !File.Exists(path) =>
                throw new IpuException("FileNotFound", $"there is no preprocessing script '{path}'", IpuErrorKind.NotFound) { Target = path },
            string path when Extension(path) is ".py" => new PythonPreprocessor(options.PythonPath, path, options.Timeout, options.Workers),
            string path when Extension(path) is ".yaml" or ".yml" => FromRecipe(RecipeReader.ReadFile(path)),
            _ => throw new IpuException("PreprocessForm", $"'{form}' is no way to preprocess; a .py or .yaml file, a dictionary or a function is", IpuErrorKind.InvalidArgument),
        };

        RecipePreprocessor FromRecipe(Recipe recipe)
        {
            // What says nothing of sizes resizes to the input's.
            if (size is { } s && recipe is { Size: null, ShorterSide: 0, Letterbox: null, Crop: null })
            {
                recipe = recipe with { Size = (s.Width, s.Height) };
            }

            ImageFormat training = setting is { IsImage: true } ? setting.TrainingFormat
                : spec.Shape.Rank == 4 && spec.Shape[3] == 1 ? ImageFormat.GRAY
                : ImageFormat.RGB;
            return new RecipePreprocessor(recipe, setting, training, SkiaImageDecoder.Instance);
        }
    }

    private static string Extension(string path) => Path.GetExtension(path).ToLowerInvariant();

    /// <summary>Size of the image behind an input; a fixed model's own input is the board's buffer, which may be larger.</summary>
    private static (int Height, int Width)? ImageSize(Graph graph, TensorSpec spec)
    {
        Node? reader = graph.Consumers(spec.Name).FirstOrDefault();
        if (reader?.Op is TransposeOp)
        {
            reader = graph.Consumers(reader.Outputs[0]).FirstOrDefault();
        }

        return reader?.Op is NormalizeImageOp normalize ? (normalize.Height, normalize.Width)
            : spec.Shape.Rank == 4 ? (spec.Shape[1], spec.Shape[2])
            : null;
    }
}
