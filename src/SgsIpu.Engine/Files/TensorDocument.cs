using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using SgsIpu.Core;

namespace SgsIpu.Engine.Files;

/// <summary>A tensor as model files describe it.</summary>
internal sealed record TensorDocument(string Name, DataType Type, Shape Shape)
{
    /// <summary>Where the values of a constant are: the number of a buffer, or an offset. Null for an activation.</summary>
    public long? Constant { get; init; }

    /// <summary>Scales as the engine has them; formats that hold single precision only would round them.</summary>
    [JsonConverter(typeof(NumbersJsonConverter<double>))]
    public ImmutableArray<double>? Scale { get; init; }

    public int? ZeroPoint { get; init; }

    public ImmutableArray<int>? Offsets { get; init; }

    public int? Axis { get; init; }

    [JsonConverter(typeof(NumbersJsonConverter<float>))]
    public ImmutableArray<float>? Min { get; init; }

    [JsonConverter(typeof(NumbersJsonConverter<float>))]
    public ImmutableArray<float>? Max { get; init; }

    public static TensorDocument Of(TensorSpec tensor, long? constant) => new(tensor.Name, tensor.Type, tensor.Shape)
    {
        Constant = constant,
        Scale = tensor.Quant?.Scale,
        ZeroPoint = tensor.Quant?.ZeroPoint,
        Offsets = tensor.Quant is { Offsets.IsEmpty: false } offset ? offset.Offsets : null,
        Axis = tensor.Quant?.Axis,
        Min = tensor.Quant is { Min.IsEmpty: false } min ? min.Min : null,
        Max = tensor.Quant is { Max.IsEmpty: false } max ? max.Max : null,
    };

    /// <summary>What is wrong with the tensor on its own; null where it is good.</summary>
    public string? Fault()
    {
        if (string.IsNullOrEmpty(Name))
        {
            return "a tensor has no name";
        }

        if (!Enum.IsDefined(Type))
        {
            return $"tensor '{Name}' has element type {(int)Type}, which this version does not know";
        }

        if (!Fits())
        {
            return $"tensor '{Name}' {Shape} takes more than {Array.MaxLength} bytes";
        }

        if (Scale is not { } scale)
        {
            return null;
        }

        if (scale.IsDefaultOrEmpty || scale.Any(s => !(s > 0) || double.IsInfinity(s)))
        {
            return $"tensor '{Name}' has a scale that is not positive";
        }

        if (Offsets is { } offsets && (offsets.Length != scale.Length || offsets.Any(o => Math.Abs((long)o) > ushort.MaxValue)))
        {
            return $"tensor '{Name}' has {offsets.Length} offsets for {scale.Length} scales, or one beyond {ushort.MaxValue}";
        }

        int axis = Axis ?? -1;
        return scale.Length == 1 || (axis >= 0 && axis < Shape.Rank && Shape[axis] == scale.Length)
            ? null
            : $"tensor '{Name}' {Shape} has {scale.Length} scales along axis {axis}";
    }

    /// <summary>Reads the object that the reader is at.</summary>
    public static TensorDocument Read(ref Utf8JsonReader json)
    {
        JsonFields.RequireObject(ref json);
        string? name = null;
        DataType? type = null;
        Shape? shape = null;
        long? constant = null;
        ImmutableArray<double>? scale = null;
        int? zeroPoint = null;
        ImmutableArray<int>? offsets = null;
        int? axis = null;
        ImmutableArray<float>? min = null;
        ImmutableArray<float>? max = null;
        while (JsonFields.NextField(ref json))
        {
            if (json.ValueTextEquals("name"u8))
            {
                name = JsonFields.Text(ref json);
            }
            else if (json.ValueTextEquals("type"u8))
            {
                type = JsonFields.Named<DataType>(ref json);
            }
            else if (json.ValueTextEquals("shape"u8))
            {
                shape = JsonFields.Shape(ref json);
            }
            else if (json.ValueTextEquals("constant"u8))
            {
                constant = JsonFields.OptionalInt64(ref json);
            }
            else if (json.ValueTextEquals("scale"u8))
            {
                scale = JsonFields.OptionalDoubles(ref json);
            }
            else if (json.ValueTextEquals("zeroPoint"u8))
            {
                zeroPoint = JsonFields.OptionalInt32(ref json);
            }
            else if (json.ValueTextEquals("offsets"u8))
            {
                offsets = JsonFields.OptionalIntegers(ref json);
            }
            else if (json.ValueTextEquals("axis"u8))
            {
                axis = JsonFields.OptionalInt32(ref json);
            }
            else if (json.ValueTextEquals("min"u8))
            {
                min = JsonFields.OptionalSingles(ref json);
            }
            else if (json.ValueTextEquals("max"u8))
            {
                max = JsonFields.OptionalSingles(ref json);
            }
            else
            {
                JsonFields.Skip(ref json);
            }
        }

        return new TensorDocument(JsonFields.Required(name, "name"), JsonFields.Required(type, "type"), JsonFields.Required(shape, "shape"))
        {
            Constant = constant,
            Scale = scale,
            ZeroPoint = zeroPoint,
            Offsets = offsets,
            Axis = axis,
            Min = min,
            Max = max,
        };
    }

    /// <param name="content">The values of a constant.</param>
    public TensorSpec ToSpec(Tensor? content) => new(Name, Type, Shape)
    {
        Constant = content,
        Quant = Scale is { } scale ? new QuantParam(scale, ZeroPoint ?? 0, Axis ?? -1) { Offsets = Offsets ?? [], Min = Min ?? [], Max = Max ?? [] } : null,
    };

    private bool Fits()
    {
        long count = 1;
        foreach (int size in Shape.Dimensions.Where(d => d > 0))
        {
            count *= size;
            if (count > Array.MaxLength)
            {
                return false;
            }
        }

        return Type.ByteCount(count) <= Array.MaxLength;
    }
}
