using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Preprocessing;

/// <summary>Models that do nothing, for the form of their inputs.</summary>
internal static class Models
{
    /// <summary>One input a shape: data, data1, data2, …</summary>
    public static IpuModel Float(InputConfig? config, params Shape[] shapes) => Of(IpuStage.Float, DataType.Float32, null, config, shapes);

    public static IpuModel Of(IpuStage stage, DataType type, QuantParam? quant, InputConfig? config, params Shape[] shapes)
    {
        var editor = new GraphEditor("model");
        foreach ((int i, Shape shape) in shapes.Index())
        {
            string name = i == 0 ? "data" : $"data{i}";
            editor.AddInput(new TensorSpec(name, type, shape) { Quant = quant });
            editor.Outputs.Add(editor.Add($"out{i}", new IdentityOp(), name));
        }

        return new IpuModel("model", stage, editor.ToGraph()) { InputConfig = config };
    }

    /// <summary>The input of a fixed model for an image of a height and width: the board's bytes.</summary>
    public static IpuModel Fixed(InputConfig config, int height, int width)
    {
        InputSetting setting = config.Inputs[0];
        Shape buffer = NormalizeImageOp.BufferShape(setting.Format, 1, height, width, setting.WidthAlignment, setting.HeightAlignment);
        bool first = setting.ChannelsFirst && setting.Format != ImageFormat.YUV_NV12;
        var editor = new GraphEditor("model");
        editor.AddInput(new TensorSpec("data", DataType.UInt8, first ? buffer.Permute([0, 3, 1, 2]) : buffer));
        string bytes = first ? editor.Add("data/nhwc", new TransposeOp([0, 2, 3, 1]), "data") : "data";
        editor.Outputs.Add(editor.Add("normalized", new NormalizeImageOp(setting.Format, setting.TrainingFormat, height, width, DataType.Int16), bytes));
        return new IpuModel("model", IpuStage.Fixed, editor.ToGraph()) { InputConfig = config };
    }

    public static InputConfig Config(string training, string format, string mean = "0", string std = "1", string more = "") => InputConfig.Parse(
        $"[INPUT_CONFIG]\ninputs=data\ntraining_input_formats={training}\ninput_formats={format}\nquantizations=TRUE\nmean={mean}\nstd_value={std}\n{more}\n[OUTPUT_CONFIG]\noutputs=out0\ndequantizations=TRUE\n",
        "input_config.ini");
}
