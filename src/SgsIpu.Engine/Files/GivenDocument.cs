using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Engine.Files;

/// <summary>What is asked of a tensor, in the <c>sgs.given</c> metadata of a <c>.sim</c> file.</summary>
internal sealed record GivenDocument(string Tensor, ImmutableArray<float> Min, ImmutableArray<float> Max, string Source)
{
    public int? Bit { get; init; }

    public Shape? Shape { get; init; }

    public ImmutableArray<float>? Data { get; init; }

    public static GivenDocument Of(GivenQuantization given) => new(given.Tensor, given.Min, given.Max, given.Source)
    {
        Bit = given.Bit,
        Shape = given.Data?.Shape,
        Data = given.Data is { } data ? [.. data.ToFloats()] : null,
    };

    /// <param name="damaged">Makes the error of the file's format.</param>
    public GivenQuantization ToGiven(Func<string, IpuException> damaged)
    {
        if (Min.IsDefault || Max.IsDefault || Data?.Length != Shape?.Count)
        {
            throw damaged($"what it asks of tensor '{Tensor}' is incomplete");
        }

        return new GivenQuantization(Tensor)
        {
            Min = Min,
            Max = Max,
            Bit = Bit,
            Source = Source,
            Data = Data is { } data ? Core.Tensor.FromArray<float>(data.AsSpan(), Shape!.Value) : null,
        };
    }
}
