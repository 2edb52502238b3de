using System.Buffers.Binary;
using SgsIpu.Core;

namespace SgsIpu.Frontends.TfLite;

/// <summary>
/// Options of custom operators: a FlexBuffer map for most; MediaPipe's operators over images store the runtime's own structure instead, 32-bit
/// integers in a row.
/// </summary>
internal static class CustomOptions
{
    private static readonly string[] Pool = ["padding", "stride_w", "stride_h", "filter_width", "filter_height", "fused_activation_function"];

    private static readonly Dictionary<string, string[]> Structures = new(StringComparer.Ordinal)
    {
        ["Convolution2DTransposeBias"] = ["padding", "stride_w", "stride_h"],
        ["MaxPoolingWithArgmax2D"] = Pool,
        ["MaxUnpooling2D"] = Pool,
    };

    /// <summary>The attributes of an operator, and the operator that its activation is: null where it has none.</summary>
    public static (Dictionary<string, object> Attributes, string? Activation) Read(string custom, ReadOnlySpan<byte> options, Func<string, IpuErrorKind, IpuException> error)
    {
        if (!Structures.TryGetValue(custom, out string[]? fields))
        {
            return (new Dictionary<string, object>(FlexBuffer.ReadMap(options), StringComparer.Ordinal), null);
        }

        if (options.Length < fields.Length * 4)
        {
            throw error($"its options have {options.Length} bytes, {fields.Length * 4} are needed", IpuErrorKind.InvalidFile);
        }

        var attributes = new Dictionary<string, object>(StringComparer.Ordinal);
        string? activation = null;
        for (int i = 0; i < fields.Length; i++)
        {
            int value = BinaryPrimitives.ReadInt32LittleEndian(options[(i * 4)..]);
            switch (fields[i])
            {
                // The runtime's structure counts from 1 where the schema counts from 0.
                case "padding":
                    attributes["padding"] = value switch { 1 => "SAME", 2 => "VALID", _ => throw error($"'padding' is {value}; it is 1 (SAME) or 2 (VALID)", IpuErrorKind.InvalidFile) };
                    break;
                case "fused_activation_function":
                    activation = TfLiteOptions.ActivationOf(value, error) is var name and not "NONE" ? name : null;
                    break;
                default:
                    attributes[fields[i]] = (long)value;
                    break;
            }
        }

        return (attributes, activation);
    }
}
