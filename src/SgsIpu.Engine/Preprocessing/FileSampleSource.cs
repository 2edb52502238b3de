using System.Collections.Immutable;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>Samples from files, read when they are asked for.</summary>
public sealed class FileSampleSource : ISampleSource, IDisposable
{
    private readonly IReadOnlyList<ImmutableArray<string>> _files;
    private readonly ImmutableArray<SampleInput> _inputs;

    internal FileSampleSource(IReadOnlyList<ImmutableArray<string>> files, ImmutableArray<SampleInput> inputs)
    {
        _files = files;
        _inputs = inputs;
    }

    public int Count => _files.Count;

    public Sample Read(int index, bool norm, CancellationToken cancellationToken)
    {
        ImmutableArray<string> files = _files[index];
        return new Sample(files[0], [.. _inputs.Select((input, i) => input.Read(files[i], norm, cancellationToken))]);
    }

    /// <summary>
    /// Where a picture of a size comes to lie in the first input. Of a script's work nothing is known: its picture is taken to fill the input.
    /// </summary>
    public Placement Place(int width, int height) => _inputs[0].Preprocessor is RecipePreprocessor { Recipe: { } recipe } ? recipe.Place(width, height) : Placement.Whole(width, height);

    public void Dispose()
    {
        foreach (SampleInput input in _inputs)
        {
            input.Preprocessor.Dispose();
        }
    }
}
