using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>The ends of a fixed graph: from the board's bytes to the first integers, from the last integers to what the board reads.</summary>
internal sealed class Boundary(IpuModel model, GraphEditor editor)
{
    private static readonly ImmutableArray<int> ToNhwc = [0, 2, 3, 1];
    private static readonly ImmutableArray<int> ToNchw = [0, 3, 1, 2];

    /// <summary>Name of the integers of a tensor: its own, but where the border takes that.</summary>
    public string StoredName(string tensor) =>
        model.Graph.Outputs.Contains(tensor) && (Dequantizes(tensor) || Turned(tensor)) ? tensor + "/fixed" : tensor;

    /// <summary>The range of an input that its format says beforehand; null where it must be observed.</summary>
    public static (double Min, double Max)? KnownRange(InputSetting? setting)
    {
        if (setting is not { IsImage: true })
        {
            return null;
        }

        double min = 0;
        double max = 0;
        int channels = Math.Max(Values(setting.Mean, 0).Length, Values(setting.Std, 1).Length);
        for (int c = 0; c < channels; c++)
        {
            double mean = At(Values(setting.Mean, 0), c);
            double deviation = At(Values(setting.Std, 1), c);
            min = Math.Min(min, (0 - mean) / deviation);
            max = Math.Max(max, (255 - mean) / deviation);
        }

        return (min, max);
    }

    /// <summary>
    /// INT16 scales by channel with which the steps of an image's bytes are whole numbers, so that normalizing rounds nothing but the mean;
    /// null where the input is no image.
    /// </summary>
    public static QuantParam? PixelMapping(InputSetting? setting, Shape shape)
    {
        if (setting is not { IsImage: true })
        {
            return null;
        }

        (double Mean, double Deviation)[] channels = Channels(setting, shape);
        return new QuantParam([.. channels.Select(c => 1 / (Math.Abs(c.Deviation) * Math.Max(1, Math.Floor(short.MaxValue / Math.Max(Math.Abs(c.Mean), Math.Abs(byte.MaxValue - c.Mean))))))], 0, shape.Rank - 1)
        {
            Min = [.. channels.Select(c => (float)((0 - c.Mean) / c.Deviation))],
            Max = [.. channels.Select(c => (float)((byte.MaxValue - c.Mean) / c.Deviation))],
        };
    }

    /// <summary>
    /// The UINT8 mapping whose integers are an image's bytes, with a scale and an integer for 0 of each channel, and where between the bytes of each 0 lies;
    /// null where the input is no image, where one mapping for all channels does the same, or where no byte is near 0.
    /// </summary>
    public static (QuantParam Mapping, double[] Zeros)? Bytes(InputSetting? setting, Shape shape)
    {
        if (setting is not { IsImage: true } || Channels(setting, shape) is not { } channels || channels.Distinct().Count() == 1 || channels.Any(c => c is not { Mean: >= 0 and <= byte.MaxValue, Deviation: > 0 }))
        {
            return null;
        }

        int[] zeros = [.. channels.Select(c => (int)Math.Ceiling(c.Mean - 0.5))];
        QuantParam mapping = PixelMapping(setting, shape)! with { Scale = [.. channels.Select(c => 1 / c.Deviation)], ZeroPoint = zeros[0], Offsets = [.. zeros.Select(z => z - zeros[0])] };
        return (mapping, [.. channels.Select(c => c.Mean)]);
    }

    /// <summary>Where 0 lies from the zero point in each channel of a tensor that has offsets: where these are, but exactly, between the bytes of an image.</summary>
    /// <param name="tensor">Its name in the float graph.</param>
    public static double[] Zeros(InputConfig? config, string tensor, Shape shape, QuantParam mapping) =>
        Bytes(config?.Input(tensor), shape) is var (bytes, zeros) && bytes.SameMapping(mapping)
            ? [.. zeros.Select(z => z - mapping.ZeroPoint)]
            : [.. mapping.Offsets.Select(o => (double)o)];

    /// <summary>What is taken off the bytes of each channel, and what they are divided by.</summary>
    private static (double Mean, double Deviation)[] Channels(InputSetting setting, Shape shape) =>
        [.. Enumerable.Range(0, shape[-1]).Select(c => shape[-1] == 3 && setting.TrainingFormat == ImageFormat.BGR ? 2 - c : c).Select(c => (At(Values(setting.Mean, 0), c), At(Values(setting.Std, 1), c)))];

    /// <summary>Adds a real input and returns the name of its integers.</summary>
    public string AddInput(TensorSpec input, DataType type, QuantParam mapping)
    {
        InputSetting? setting = model.InputConfig?.Input(input.Name);
        if (setting is { IsImage: true })
        {
            Shape buffer = NormalizeImageOp.BufferShape(setting.Format, input.Shape[0], input.Shape[1], input.Shape[2], setting.WidthAlignment, setting.HeightAlignment);
            string bytes = AddHandedOver(new TensorSpec(input.Name, DataType.UInt8, buffer), setting.ChannelsFirst && setting.Format != ImageFormat.YUV_NV12);
            var normalize = new NormalizeImageOp(setting.Format, setting.TrainingFormat, input.Shape[1], input.Shape[2], type)
            {
                Mean = Values(setting.Mean, 0),
                Std = Values(setting.Std, 1),
            };
            return Compute(input.Name + "/normalized", normalize, bytes, input.Shape, type, mapping);
        }

        bool turned = setting?.ChannelsFirst == true && input.Shape.Rank == 4;
        if (setting?.Format is ImageFormat.RAWDATA_S16_NHWC or ImageFormat.RAWDATA_U8_NHWC)
        {
            DataType raw = setting.Format == ImageFormat.RAWDATA_U8_NHWC ? DataType.UInt8 : DataType.Int16;
            QuantParam quant = raw == type ? mapping : raw == DataType.UInt8 ? QuantParam.UInt8(mapping.Min[0], mapping.Max[0]) : QuantParam.Int16(mapping.Min[0], mapping.Max[0]);
            string handed = AddHandedOver(input with { Type = raw, Quant = quant }, turned);
            return raw == type ? handed : Compute(input.Name + "/fixed", new RequantizeOp(type), handed, input.Shape, type, mapping);
        }

        return Compute(input.Name + "/fixed", new QuantizeOp(type), AddHandedOver(input, turned), input.Shape, type, mapping);
    }

    /// <summary>Adds an input of exact integers, which the board may hand over in a smaller type, and returns the name of its integers.</summary>
    public string AddExactInput(TensorSpec input)
    {
        InputSetting? setting = model.InputConfig?.Input(input.Name);
        DataType raw = setting?.Format switch
        {
            ImageFormat.RAWDATA_U8_NHWC => DataType.UInt8,
            ImageFormat.RAWDATA_S16_NHWC => DataType.Int16,
            ImageFormat.RAWDATA_U16_NHWC => DataType.UInt16,
            _ => input.Type,
        };
        string handed = AddHandedOver(input with { Type = raw }, setting?.ChannelsFirst == true && input.Shape.Rank == 4);
        return raw == input.Type ? handed : editor.Add(input.Name + "/exact", new CastOp(input.Type), handed);
    }

    /// <summary>Adds what the board reads of an output, and returns its name.</summary>
    public string AddOutput(string output, string stored)
    {
        string value = stored;
        if (Dequantizes(output))
        {
            string name = Turned(output) ? editor.FreshName(output + "/real") : output;
            editor.AddNode(name, new DequantizeOp(), [value], [name]);
            value = name;
        }

        if (Turned(output))
        {
            TensorSpec spec = editor[value];
            editor.AddTensor(spec with { Name = output, Shape = spec.Shape.Permute(ToNchw.AsSpan()) });
            editor.AddNode(output, new TransposeOp(ToNchw), [value], [output]);
            value = output;
        }

        return value;
    }

    /// <summary>A board input in its layout; returns the name of its NHWC form.</summary>
    private string AddHandedOver(TensorSpec nhwc, bool turned)
    {
        if (!turned)
        {
            editor.AddInput(nhwc);
            return nhwc.Name;
        }

        editor.AddInput(nhwc with { Shape = nhwc.Shape.Permute(ToNchw.AsSpan()) });
        string name = editor.FreshName(nhwc.Name + "/nhwc");
        editor.AddTensor(nhwc with { Name = name });
        editor.AddNode(name, new TransposeOp(ToNhwc), [nhwc.Name], [name]);
        return name;
    }

    private string Compute(string wanted, BoundaryOp op, string input, Shape shape, DataType type, QuantParam mapping)
    {
        string name = editor.FreshName(wanted);
        TensorSpec output = new(name, type, shape) { Quant = mapping };
        editor.AddTensor(output);
        ImmutableArray<Tensor> tables = op.BuildTables(new FixedBinding(name, [editor[input]], [output]));
        editor.AddNode(name, op, [input, .. tables.Select((t, i) => editor.AddConstant($"{name}/table{i}", t))], [name]);
        return name;
    }

    private bool Dequantizes(string output) => Setting(output)?.Dequantize ?? true;

    private bool Turned(string output) => Setting(output)?.ChannelsFirst == true && model.Graph[output].Shape.Rank == 4;

    private OutputSetting? Setting(string output) => model.InputConfig?.Output(output);

    private static ImmutableArray<float> Values(ImmutableArray<float> values, float absent) => values.IsDefaultOrEmpty ? [absent] : values;

    private static double At(ImmutableArray<float> values, int channel) => values[values.Length == 1 ? 0 : channel];
}
