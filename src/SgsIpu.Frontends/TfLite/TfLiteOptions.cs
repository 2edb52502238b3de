using SgsIpu.Core;

namespace SgsIpu.Frontends.TfLite;

/// <summary>Options of builtin operators, as the schema's tables have them: each field by position, with its name, kind and default.</summary>
internal static class TfLiteOptions
{
    /// <summary>What a field holds, and how it is decoded.</summary>
    private enum Kind
    {
        Int,
        Ints,
        Float,
        Bool,
        Padding,
        Type,
        Mirror,

        /// <summary>An activation inside of the operator; where it is applied to the output, it is a node of its own (<see cref="Fused"/>).</summary>
        Activation,
        Fused,
        Unused,
    }

    private sealed record Field(Kind Kind, string Name, int Default = 0);

    private static readonly string[] Activations = ["NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT"];

    private static readonly Field Pad = new(Kind.Padding, "padding");
    private static readonly Field Fuse = new(Kind.Fused, "fused_activation_function");
    private static readonly Field Gate = new(Kind.Activation, "fused_activation_function");
    private static readonly Field None = new(Kind.Unused, "");

    private static readonly Field[] Pool = [Pad, Int("stride_w"), Int("stride_h"), Int("filter_width"), Int("filter_height"), Fuse];
    private static readonly Field[] Reducer = [Bool("keep_dims")];
    private static readonly Field[] Conv3D = [Pad, Int("stride_d"), Int("stride_w"), Int("stride_h"), Fuse, Int("dilation_d_factor", 1), Int("dilation_w_factor", 1), Int("dilation_h_factor", 1)];
    private static readonly Field[] Resize = [None, None, Bool("align_corners"), Bool("half_pixel_centers")];
    private static readonly Field[] OutputType = [new(Kind.Type, "output_type")];

    private static readonly Dictionary<string, Field[]> Tables = new(StringComparer.Ordinal)
    {
        ["ADD"] = [Fuse],
        ["ARG_MAX"] = OutputType,
        ["ARG_MIN"] = OutputType,
        ["AVERAGE_POOL_2D"] = Pool,
        ["BATCH_MATMUL"] = [Bool("adj_x"), Bool("adj_y")],
        ["BIDIRECTIONAL_SEQUENCE_LSTM"] = [Gate, Float("cell_clip"), Float("proj_clip"), Bool("merge_outputs"), Bool("time_major", true)],
        ["BIDIRECTIONAL_SEQUENCE_RNN"] = [Bool("time_major"), Gate, Bool("merge_outputs")],
        ["CAST"] = [new(Kind.Type, "in_data_type"), new(Kind.Type, "out_data_type")],
        ["CONCATENATION"] = [Int("axis"), Fuse],
        ["CONV_2D"] = [Pad, Int("stride_w"), Int("stride_h"), Fuse, Int("dilation_w_factor", 1), Int("dilation_h_factor", 1)],
        ["CONV_3D"] = Conv3D,
        ["CONV_3D_TRANSPOSE"] = Conv3D,
        ["CUMSUM"] = [Bool("exclusive"), Bool("reverse")],
        ["DEPTHWISE_CONV_2D"] = [Pad, Int("stride_w"), Int("stride_h"), Int("depth_multiplier"), Fuse, Int("dilation_w_factor", 1), Int("dilation_h_factor", 1)],
        ["DEPTH_TO_SPACE"] = [Int("block_size")],
        ["DIV"] = [Fuse],
        ["FAKE_QUANT"] = [Float("min"), Float("max"), Int("num_bits"), Bool("narrow_range")],
        ["FULLY_CONNECTED"] = [Fuse, new(Kind.Int, "weights_format"), Bool("keep_num_dims")],
        ["GATHER"] = [Int("axis"), Int("batch_dims")],
        ["GELU"] = [Bool("approximate")],
        ["L2_NORMALIZATION"] = [Fuse],
        ["L2_POOL_2D"] = Pool,
        ["LEAKY_RELU"] = [Float("alpha")],
        ["LOCAL_RESPONSE_NORMALIZATION"] = [Int("radius"), Float("bias"), Float("alpha"), Float("beta")],
        ["LSTM"] = [Gate, Float("cell_clip"), Float("proj_clip"), new(Kind.Int, "kernel_type")],
        ["MAX_POOL_2D"] = Pool,
        ["MEAN"] = Reducer,
        ["MIRROR_PAD"] = [new(Kind.Mirror, "mode")],
        ["MUL"] = [Fuse],
        ["ONE_HOT"] = [Int("axis")],
        ["PACK"] = [Int("values_count"), Int("axis")],
        ["REDUCE_ALL"] = Reducer,
        ["REDUCE_ANY"] = Reducer,
        ["REDUCE_MAX"] = Reducer,
        ["REDUCE_MIN"] = Reducer,
        ["REDUCE_PROD"] = Reducer,
        ["RESHAPE"] = [new(Kind.Ints, "new_shape")],
        ["RESIZE_BILINEAR"] = Resize,
        ["RESIZE_NEAREST_NEIGHBOR"] = [Bool("align_corners"), Bool("half_pixel_centers")],
        ["REVERSE_SEQUENCE"] = [Int("seq_dim"), Int("batch_dim")],
        ["RNN"] = [Gate],
        ["SHAPE"] = [new(Kind.Type, "out_type")],
        ["SOFTMAX"] = [Float("beta")],
        ["SPACE_TO_DEPTH"] = [Int("block_size")],
        ["SPLIT"] = [Int("num_splits")],
        ["SPLIT_V"] = [Int("num_splits")],
        ["SQUEEZE"] = [new(Kind.Ints, "squeeze_dims")],
        ["STRIDED_SLICE"] = [Int("begin_mask"), Int("end_mask"), Int("ellipsis_mask"), Int("new_axis_mask"), Int("shrink_axis_mask"), Bool("offset")],
        ["SUB"] = [Fuse],
        ["SUM"] = Reducer,
        ["SVDF"] = [Int("rank"), Gate],
        ["TRANSPOSE_CONV"] = [Pad, Int("stride_w"), Int("stride_h"), Fuse],
        ["UNIDIRECTIONAL_SEQUENCE_LSTM"] = [Gate, Float("cell_clip"), Float("proj_clip"), Bool("time_major")],
        ["UNIDIRECTIONAL_SEQUENCE_RNN"] = [Bool("time_major"), Gate],
        ["UNPACK"] = [Int("num"), Int("axis")],
    };

    /// <summary>The attributes of an operator, and the operator that its activation is: null where it has none.</summary>
    /// <param name="error">Makes an error about the node.</param>
    /// <exception cref="IpuException">A field holds a number that the schema does not have.</exception>
    public static (Dictionary<string, object> Attributes, string? Activation) Read(string op, FlatTable? options, Func<string, IpuErrorKind, IpuException> error)
    {
        var attributes = new Dictionary<string, object>(StringComparer.Ordinal);
        string? activation = null;
        Field[] fields = Tables.GetValueOrDefault(op, []);
        for (int i = 0; i < fields.Length; i++)
        {
            Field field = fields[i];
            switch (field.Kind)
            {
                case Kind.Fused:
                    activation = Activation(options, i, error) is var name and not "NONE" ? name : null;
                    break;
                case Kind.Activation:
                    attributes[field.Name] = Activation(options, i, error);
                    break;
                case Kind.Padding:
                    attributes[field.Name] = Named(options, i, ["SAME", "VALID"], field, error);
                    break;
                case Kind.Mirror:
                    attributes[field.Name] = Named(options, i, ["REFLECT", "SYMMETRIC"], field, error);
                    break;
                case Kind.Type:
                    int type = options?.Byte(i) ?? 0;
                    attributes[field.Name] = TfLiteTypes.FromTfLite(type)?.ToString() ?? TfLiteTypes.NameOf(type);
                    break;
                case Kind.Bool:
                    attributes[field.Name] = (options?.Byte(i, (byte)field.Default) ?? field.Default) != 0;
                    break;
                case Kind.Float:
                    attributes[field.Name] = options?.Float(i) ?? 0f;
                    break;
                case Kind.Int when field.Name is "weights_format" or "kernel_type":
                    attributes[field.Name] = (long)(options?.Byte(i) ?? 0);
                    break;
                case Kind.Int:
                    attributes[field.Name] = (long)(options?.Int(i, field.Default) ?? field.Default);
                    break;
                case Kind.Ints when options?.IntsOrNull(i) is { } values:
                    attributes[field.Name] = values.Select(v => (long)v).ToArray();
                    break;
            }
        }

        return (attributes, activation);
    }

    private static Field Int(string name, int absent = 0) => new(Kind.Int, name, absent);

    private static Field Bool(string name, bool absent = false) => new(Kind.Bool, name, absent ? 1 : 0);

    private static Field Float(string name) => new(Kind.Float, name);

    private static string Named(FlatTable? options, int position, string[] names, Field field, Func<string, IpuErrorKind, IpuException> error)
    {
        int value = options?.Byte(position) ?? 0;
        return value < names.Length ? names[value] : throw error($"'{field.Name}' is {value}; the schema has 0 to {names.Length - 1}", IpuErrorKind.InvalidFile);
    }

    private static string Activation(FlatTable? options, int position, Func<string, IpuErrorKind, IpuException> error) =>
        ActivationOf(options?.Byte(position) ?? 0, error);

    /// <summary>The operator that stands for a number of the schema's activations; NONE for none.</summary>
    public static string ActivationOf(int value, Func<string, IpuErrorKind, IpuException> error) => value switch
    {
        >= 0 and <= 4 => Activations[value],
        5 => throw error("the fused activation SIGN_BIT is not supported; supported are RELU, RELU6, RELU_N1_TO_1 and TANH", IpuErrorKind.NotSupported),
        _ => throw error($"the fused activation is {value}; the schema has 0 to 5", IpuErrorKind.InvalidFile),
    };
}
