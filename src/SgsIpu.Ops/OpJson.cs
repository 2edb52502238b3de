using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.InteropServices;
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
            return Make(type, attributes);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new IpuException("OperatorAttributes", $"the attributes of operator '{name}' are damaged: {e.Message}", IpuErrorKind.InvalidFile, e);
        }
    }

    /// <summary>
    /// Calls the record's constructor and its other setters with the fields that are there. The serializer would make code for every
    /// operator first, which takes longer than the rest of a model.
    /// </summary>
    private static IpuOperator Make(Type type, JsonElement attributes)
    {
        if (attributes.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("they are no object");
        }

        ConstructorInfo constructor = type.GetConstructors()[0];
        ParameterInfo[] parameters = constructor.GetParameters();
        object?[] arguments = Array.ConvertAll(parameters, p => Field(attributes, p.Name!) is { } value ? Value(value, p.ParameterType) : p.HasDefaultValue ? p.DefaultValue : null);
        var op = (IpuOperator)constructor.Invoke(BindingFlags.DoNotWrapExceptions, null, arguments, null);
        foreach (PropertyInfo property in type.GetProperties())
        {
            if (property.CanWrite && !Array.Exists(parameters, p => p.Name == property.Name) && Field(attributes, property.Name) is { } value)
            {
                property.SetValue(op, Value(value, property.PropertyType), BindingFlags.DoNotWrapExceptions, null, null, null);
            }
        }

        return op;
    }

    private static JsonElement? Field(JsonElement attributes, string name) =>
        attributes.TryGetProperty(JsonNamingPolicy.CamelCase.ConvertName(name), out JsonElement value) ? value : null;

    private static object? Value(JsonElement value, Type type) => value.ValueKind switch
    {
        JsonValueKind.Number when type == typeof(int) => value.GetInt32(),
        JsonValueKind.Number when type == typeof(float) => value.GetSingle(),
        JsonValueKind.True or JsonValueKind.False when type == typeof(bool) => value.GetBoolean(),
        JsonValueKind.String when type.IsEnum => Enum.TryParse(type, value.GetString(), ignoreCase: true, out object? named) ? named : throw new JsonException($"'{value.GetString()}' is no {type.Name}"),
        JsonValueKind.Array when type == typeof(ImmutableArray<int>) => ImmutableCollectionsMarshal.AsImmutableArray(Integers(value)),
        JsonValueKind.Array when type == typeof(Shape) => Array.Exists(Integers(value), s => s < 0) ? throw new JsonException("a shape has no negative sizes") : new Shape(Integers(value)),
        _ => value.Deserialize(type, Options),
    };

    private static int[] Integers(JsonElement list)
    {
        int[] values = new int[list.GetArrayLength()];
        int count = 0;
        foreach (JsonElement element in list.EnumerateArray())
        {
            values[count++] = element.GetInt32();
        }

        return values;
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
