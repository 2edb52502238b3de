using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Configuration;

public sealed class InputConfigTests
{
    private const string Guide =
        "\uFEFF[INPUT_CONFIG]\r\ninputs= data; # names of inputs\r\ntraining_input_formats=RGB; # as trained\r\ninput_formats=BGR;\r\nquantizations=TRUE;\r\n"
        + "mean=127.5:127.5:127.5; # RGB\r\nstd_value = 255;\r\n\r\n[OUTPUT_CONFIG]\r\noutputs= prob;\r\ndequantizations=TRUE;\r\n[CONV_CONFIG] # optional\r\ntensor_arrays=conv1-1,conv2-1;\r\n";

    [Fact]
    public void TheExampleOfTheGuideIsRead()
    {
        InputConfig config = InputConfig.Parse(Guide, "input_config.ini");
        InputSetting input = Assert.Single(config.Inputs);
        Assert.Equal("data", input.Name);
        Assert.Equal(ImageFormat.RGB, input.TrainingFormat);
        Assert.Equal(ImageFormat.BGR, input.Format);
        Assert.Equal([127.5f, 127.5f, 127.5f], input.Mean.ToArray());
        Assert.Equal([255f], input.Std.ToArray());
        Assert.Equal(new OutputSetting("prob", true, ImageFormat.RAWDATA_F32_NHWC), Assert.Single(config.Outputs));
        Assert.Equal(["conv1-1", "conv2-1"], config.TensorArrays.ToArray());
        Assert.Null(config.ConvolutionFormat);
    }

    [Fact]
    public void RawDataStandsLastWithoutMeans()
    {
        InputConfig config = InputConfig.Parse(
            "[INPUT_CONFIG]\ninputs=input0,input2,input1;\ninput_formats=RGB,RGB,RAWDATA_F32_NHWC;\nquantizations=TRUE,TRUE,TRUE;\nmean=127.5:127.5:127.5,0:0:0;\nstd_value = 255,255;\n[OUTPUT_CONFIG]\noutputs=a;\ndequantizations=FALSE;",
            "x.ini");
        Assert.Equal([1, 1, 0], config.Inputs.Select(i => i.Std.Length));
        Assert.Equal(ImageFormat.RAWDATA_S16_NHWC, config.Outputs[0].Format);
    }

    [Fact]
    public void RowsAndColumnsOfNv12ComeInPairs()
    {
        InputSetting input = InputConfig.Parse(Guide.Replace("=BGR", "=YUV_NV12", StringComparison.Ordinal), "x.ini").Inputs[0];
        Assert.Equal((2, 2), (input.WidthAlignment, input.HeightAlignment));
    }

    [Theory]
    [InlineData("inputs= data;", "", "ConfigKeyMissing", 1)]
    [InlineData("inputs= data;", "inputs=data,data2;", "ConfigCountMismatch", 4)]
    [InlineData("inputs= data;", "inputs=data,;", "ConfigKeyMissing", 2)]
    [InlineData("input_formats=BGR", "input_formats=BGRX", "ConfigValue", 4)]
    [InlineData("input_formats=BGR", "input_formats=GRAY", "ConfigFormatPair", 4)]
    [InlineData("training_input_formats=RGB", "training_input_formats=RGBA", "ConfigValue", 3)]
    [InlineData("quantizations=TRUE;\r\nmean", "quantizations=MAYBE;\r\nmean", "ConfigValue", 5)]
    [InlineData("mean=127.5:127.5:127.5", "mean=1:2", "ConfigMeanCount", 6)]
    [InlineData("mean=127.5:127.5:127.5", "mean=1,2", "ConfigCountMismatch", 6)]
    [InlineData("mean=127.5:127.5:127.5", "mean=1:x:2", "ConfigValue", 6)]
    [InlineData("std_value = 255", "std_value = 0", "ConfigDeviation", 7)]
    [InlineData("std_value = 255;", "input_width_alignment=0;\r\nstd_value = 255;", "ConfigValue", 7)]
    [InlineData("std_value = 255;", "std_val = 255;", "ConfigUnknownKey", 7)]
    [InlineData("dequantizations=TRUE;", "dequantizations=TRUE,TRUE;", "ConfigCountMismatch", 11)]
    [InlineData("dequantizations=TRUE;", "dequantizations=FALSE;\r\noutput_formats=RAWDATA_F32_NHWC;", "ConfigOutputFormat", 12)]
    [InlineData("dequantizations=TRUE;", "dequantizations=TRUE;\r\noutput_layouts=NHCW;", "ConfigValue", 12)]
    [InlineData("tensor_arrays=", "input_format=UINT8;\r\ntensor_arrays=", "ConfigValue", 13)]
    [InlineData("[CONV_CONFIG]", "[CONVS]", "ConfigUnknownSection", 12)]
    [InlineData("[OUTPUT_CONFIG]", "nonsense", "ConfigSyntax", 9)]
    public void ABrokenRuleIsNamedWithItsLine(string part, string replacement, string errorId, int line)
    {
        Assert.Contains(part, Guide, StringComparison.Ordinal);
        IpuException e = Assert.Throws<IpuException>(() => InputConfig.Parse(Guide.Replace(part, replacement, StringComparison.Ordinal), "x.ini"));
        Assert.Equal(errorId, e.ErrorId);
        Assert.StartsWith($"x.ini({line}): ", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RGBA", "NCHW", "ConfigLayout")]
    [InlineData("BGR", "NCWH", "ConfigValue")]
    public void LayoutsAreChecked(string format, string layout, string errorId)
    {
        string text = Guide.Replace("=BGR", "=" + format, StringComparison.Ordinal).Replace("quantizations=TRUE;\r\nmean", $"input_layouts={layout};\r\nmean", StringComparison.Ordinal);
        Assert.Equal(errorId, Assert.Throws<IpuException>(() => InputConfig.Parse(text, "x.ini")).ErrorId);
    }

    [Fact]
    public void DamagedTextNeverCrashes()
    {
        var random = new Random(7);
        for (int i = 0; i < 2000; i++)
        {
            char[] text = Guide.ToCharArray();
            for (int k = random.Next(1, 6); k > 0; k--)
            {
                text[random.Next(text.Length)] = (char)random.Next(1, 128);
            }

            try
            {
                Assert.NotEmpty(InputConfig.Parse(new string(text), "x.ini").Inputs);
            }
            catch (IpuException e)
            {
                Assert.NotEmpty(e.ErrorId);
            }
        }
    }
}
