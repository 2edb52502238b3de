using System.Collections.Immutable;

namespace SgsIpu.Core;

/// <summary>
/// One node as the framework's file has it, decoded but not understood. Attribute values are <see cref="long"/>, <see cref="float"/>,
/// <see cref="string"/>, <see cref="bool"/>, arrays of <see cref="long"/>, <see cref="float"/> or <see cref="string"/>,
/// <see cref="Tensor"/>, or <see cref="SourceGraph"/>.
/// </summary>
/// <param name="Name">The node's name; made from the operator and a number where the file has none.</param>
/// <param name="OpType">The framework's operator name, for example <c>Conv</c>, <c>CONV_2D</c>, <c>Convolution</c>.</param>
/// <param name="Inputs">Tensor names; an absent optional input is the empty string.</param>
public sealed record SourceNode(
    string Name,
    string OpType,
    ImmutableArray<string> Inputs,
    ImmutableArray<string> Outputs,
    IReadOnlyDictionary<string, object> Attributes)
{
    /// <summary>The operator set's domain; empty for the framework's own.</summary>
    public string Domain { get; init; } = "";

    public bool Has(string attribute) => Attributes.ContainsKey(attribute);

    public long Int(string attribute, long fallback) => Get(attribute, fallback);

    public float Float(string attribute, float fallback) =>
        Attributes.TryGetValue(attribute, out object? v) && v is long i ? i : Get(attribute, fallback);

    public bool Bool(string attribute, bool fallback) =>
        Attributes.TryGetValue(attribute, out object? v) && v is long i ? i != 0 : Get(attribute, fallback);

    public string String(string attribute, string fallback) => Get(attribute, fallback);

    public long[]? Ints(string attribute) =>
        Attributes.TryGetValue(attribute, out object? v) && v is long i ? [i] : Get<long[]?>(attribute, null);

    public float[]? Floats(string attribute) => Get<float[]?>(attribute, null);

    public string[]? Strings(string attribute) => Get<string[]?>(attribute, null);

    public Tensor? Tensor(string attribute) => Get<Tensor?>(attribute, null);

    private T Get<T>(string attribute, T fallback)
    {
        if (!Attributes.TryGetValue(attribute, out object? value))
        {
            return fallback;
        }

        return value is T typed
            ? typed
            : throw new IpuException("AttributeType", $"node '{Name}' ({OpType}): attribute '{attribute}' is a {value.GetType().Name}, expected {typeof(T).Name}") { Target = Name };
    }

    public override string ToString() => $"{OpType} '{Name}'";
}
