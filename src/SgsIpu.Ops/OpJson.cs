using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Attributes of operators as JSON, for model files. Only what the record's constructor takes is written.</summary>
public static class OpJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutComputed } },
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(), new ShapeJsonConverter() },
    };

    public static JsonElement Write(Operator op)
    {
        ArgumentNullException.ThrowIfNull(op);
        return JsonSerializer.SerializeToElement(op, op.GetType(), Options);
    }

    /// <summary>Reads the operator called <paramref name="name"/>.</summary>
    /// <exception cref="IpuException">The operator is unknown to this version, or its attributes do not fit it.</exception>
    public static IpuOperator Read(string name, JsonElement attributes)
    {
        Type type = OpCatalog.TypeOf(name)
            ?? throw new IpuException("UnknownOperator", $"operator '{name}' is unknown to this version of the tool", IpuErrorKind.NotSupported);
        try
        {
            return (IpuOperator)attributes.Deserialize(type, Options)!;
        }
        catch (JsonException e)
        {
            throw new IpuException("OperatorAttributes", $"the attributes of operator '{name}' are damaged: {e.Message}", IpuErrorKind.InvalidFile, e);
        }
    }

    /// <summary>What has no setter is computed from the rest.</summary>
    private static void LeaveOutComputed(JsonTypeInfo type)
    {
        if (type.Type.IsAssignableTo(typeof(Operator)))
        {
            foreach (JsonPropertyInfo property in type.Properties.Where(p => p.Set is null).ToArray())
            {
                type.Properties.Remove(property);
            }
        }
    }
}
