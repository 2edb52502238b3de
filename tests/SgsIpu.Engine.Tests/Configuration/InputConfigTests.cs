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
    [InlineData("inputs= data;", "inputs=data;\r\nInputs = data;", "ConfigTwice", 3)]
    [InlineData("[CONV_CONFIG]", "[INPUT_CONFIG]", "ConfigTwice", 12)]
    [InlineData("inputs= data;", "inputs=data,data;", "ConfigNameTwice", 2)]
    [InlineData("outputs= prob;", "", "ConfigKeyMissing", 9)]
    [InlineData("dequantizations=TRUE;", "", "ConfigKeyMissing", 9)]
    [InlineData("dequantizations=TRUE;", "dequantizations=1;", "ConfigValue", 11)]
    [InlineData("dequantizations=TRUE;", "dequantizations=TRUE;\r\noutput_formats=RGB;", "ConfigValue", 12)]
    [InlineData("dequantizations=TRUE;", "dequantizations=TRUE;\r\noutput_layouts=NCHW,NCHW;", "ConfigCountMismatch", 12)]
    [InlineData("input_formats=BGR;", "", "ConfigKeyMissing", 1)]
    [InlineData("mean=127.5:127.5:127.5;", "", "ConfigKeyMissing", 1)]
    [InlineData("std_value = 255", "std_value = -1", "ConfigDeviation", 7)]
    [InlineData("std_value = 255", "std_value = 1:2", "ConfigMeanCount", 7)]
    [InlineData("std_value = 255", "std_value = NaN", "ConfigValue", 7)]
    [InlineData("quantizations=TRUE;\r\nmean", "quantizations=TRUE,FALSE;\r\nmean", "ConfigCountMismatch", 5)]
    [InlineData("training_input_formats=RGB", "training_input_formats=RGB,BGR", "ConfigCountMismatch", 3)]
    [InlineData("training_input_formats=RGB", "training_input_formats=GRAY", "ConfigFormatPair", 4)]
    [InlineData("training_input_formats=RGB", "training_input_formats=RAWDATA_F32_NHWC", "ConfigFormatPair", 4)]
    [InlineData("training_input_formats=RGB", "training_input_formats=YUV_NV12", "ConfigValue", 3)]
    [InlineData("input_formats=BGR;\r\nquantizations", "input_formats=RAWDATA_S16_NHWC;\r\nquantizations", "ConfigFormatPair", 4)]
    [InlineData("training_input_formats=RGB; # as trained\r\ninput_formats=BGR;", "\r\ninput_formats=YUV_NV12;", "ConfigKeyMissing", 1)]
    [InlineData("training_input_formats=RGB; # as trained\r\ninput_formats=BGR;", "\r\ninput_formats=RAWDATA_U8_NHWC;", "ConfigCountMismatch", 6)]
    [InlineData("input_formats=BGR;\r\nquantizations", "input_formats=YUV_NV12;\r\ninput_height_alignment=3;\r\nquantizations", "ConfigAlignment", 5)]
    [InlineData("std_value = 255;", "std_value = 255;\r\ninput_width_alignment=16,16;", "ConfigCountMismatch", 8)]
    [InlineData("tensor_arrays=", "input_format=ALL_INT16,ALL_UINT8;\r\ntensor_arrays=", "ConfigCountMismatch", 13)]
    [InlineData("training_input_formats=RGB; # as trained\r\ninput_formats=BGR;", "training_input_formats=GRAY;\r\ninput_formats=GRAY;", "ConfigMeanCount", 6)]
    [InlineData("training_input_formats=RGB; # as trained\r\ninput_formats=BGR;", "training_input_formats=RAWDATA_U16_NHWC;\r\ninput_formats=RAWDATA_S16_NHWC;", "ConfigFormatPair", 4)]
    [InlineData("mean=127.5:127.5:127.5; # RGB\r\nstd_value = 255;", "input_width_alignment=16;\r\n", "ConfigKeyMissing", 1)]
    [InlineData("training_input_formats=RGB; # as trained\r\ninput_formats=BGR;\r\nquantizations=TRUE;\r\nmean=127.5:127.5:127.5; # RGB\r\nstd_value = 255;", "input_formats=RAWDATA_F32_NHWC;\r\ninput_width_alignment=16;", "ConfigRawAlignment", 4)]
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
    public void RawDataBeforeAnImageIsRefused()
    {
        IpuException e = Assert.Throws<IpuException>(() => InputConfig.Parse(
            "[INPUT_CONFIG]\ninput_formats=RAWDATA_F32_NHWC,RGB;\ninputs=input1,input0;\nmean=0;\nstd_value=1;\n[OUTPUT_CONFIG]\noutputs=a;\ndequantizations=TRUE;", "x.ini"));
        Assert.Equal("ConfigRawDataLast", e.ErrorId);
        Assert.StartsWith("x.ini(3): ", e.Message, StringComparison.Ordinal);
        Assert.Contains("'input0' before 'input1'", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2048, true)]
    [InlineData(2049, false)]
    public void NamesHaveAtMost2048Characters(int length, bool allowed)
    {
        string text = Guide.Replace("inputs= data", "inputs=" + new string('n', length), StringComparison.Ordinal);
        if (allowed)
        {
            Assert.Equal(length, InputConfig.Parse(text, "x.ini").Inputs[0].Name.Length);
        }
        else
        {
            Assert.Equal("ConfigNameLength", Assert.Throws<IpuException>(() => InputConfig.Parse(text, "x.ini")).ErrorId);
        }
    }

    [Theory]
    [InlineData("RGBA", ImageFormat.RGB)]
    [InlineData("BGRA", ImageFormat.BGR)]
    [InlineData("BGR", ImageFormat.BGR)]
    [InlineData("GRAY", ImageFormat.GRAY)]
    public void WithoutATrainingFormatTheBoardsColoursCount(string format, ImageFormat training)
    {
        string text = Guide.Replace("training_input_formats=RGB;", "", StringComparison.Ordinal).Replace("=BGR", "=" + format, StringComparison.Ordinal).Replace("127.5:127.5:127.5", "127.5", StringComparison.Ordinal);
        Assert.Equal(training, InputConfig.Parse(text, "x.ini").Inputs[0].TrainingFormat);
    }

    /// <summary>The grey model and the mixed layouts of the guide.</summary>
    [Fact]
    public void TheFurtherExamplesOfTheGuideAreRead()
    {
        InputSetting grey = InputConfig.Parse(
            "[INPUT_CONFIG]\ninputs=data;\ntraining_input_formats=GRAY;\ninput_formats=YUV_NV12;\nquantizations=TRUE;\nmean=33.318;\nstd_value=1.0;\n[OUTPUT_CONFIG]\noutputs=prob;\ndequantizations=TRUE;",
            "x.ini").Inputs[0];
        Assert.Equal([33.318f], grey.Mean.ToArray());
        Assert.Equal((ImageFormat.GRAY, ImageFormat.YUV_NV12, 2, 2), (grey.TrainingFormat, grey.Format, grey.WidthAlignment, grey.HeightAlignment));
        InputConfig mixed = InputConfig.Parse(
            "[INPUT_CONFIG]\ninputs=input0,input1,input2;\ninput_formats=RAWDATA_F32_NHWC,RAWDATA_F32_NHWC,RAWDATA_F32_NHWC;\nquantizations=TRUE,TRUE,FALSE;\ninput_layouts=NHWC,NCHW,NHWC; # input0\n"
            + "[OUTPUT_CONFIG]\noutputs=a,b,c;\ndequantizations=TRUE,FALSE,TRUE;\noutput_layouts=NCHW,NHWC,NHWC;\noutput_formats=RAWDATA_F32_NHWC,RAWDATA_U8_NHWC,RAWDATA_S16_NHWC;\n[CONV_CONFIG]\ninput_format=CONV2D_INT16;",
            "x.ini");
        Assert.Equal([false, true, false], mixed.Inputs.Select(i => i.ChannelsFirst));
        Assert.Equal([true, true, false], mixed.Inputs.Select(i => i.Quantize));
        Assert.Equal(
            [new OutputSetting("a", true, ImageFormat.RAWDATA_F32_NHWC) { ChannelsFirst = true }, new OutputSetting("b", false, ImageFormat.RAWDATA_U8_NHWC), new OutputSetting("c", true, ImageFormat.RAWDATA_S16_NHWC)],
            mixed.Outputs.ToArray());
        Assert.Equal(ConvolutionFormat.Conv2DInt16, mixed.ConvolutionFormat);
    }

    [Theory]
    [InlineData("data", "prob", 3, null)]
    [InlineData("image", "prob", 3, "ConfigInputs")]
    [InlineData("data", "probe", 3, "ConfigOutputs")]
    [InlineData("data", "prob", 1, "ConfigInputShape")]
    public void NamesAndShapesAreThoseOfTheModel(string input, string output, int channels, string? errorId)
    {
        var editor = new GraphEditor("net");
        editor.AddInput(new TensorSpec(input, DataType.Float32, new Shape(1, 8, 8, channels)));
        editor.Outputs.Add(editor.Add(output, new IdentityOp(), input));
        InputConfig config = InputConfig.Parse(Guide.Replace("tensor_arrays=conv1-1,conv2-1;", "", StringComparison.Ordinal), "x.ini");
        if (errorId is null)
        {
            config.Check(editor.ToGraph());
            return;
        }

        IpuException e = Assert.Throws<IpuException>(() => config.Check(editor.ToGraph()));
        Assert.Equal(errorId, e.ErrorId);
        Assert.Contains(errorId == "ConfigOutputs" ? output : input, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileIsReadAndAMissingOneNamed()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Guide);
            Assert.Equal(Guide.TrimStart('\uFEFF'), InputConfig.Read(file).Text.TrimStart('\uFEFF'));
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Equal("FileNotFound", Assert.Throws<IpuException>(() => InputConfig.Read(file)).ErrorId);
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
