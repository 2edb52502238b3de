using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Tests.Preprocessing;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Configuration;

/// <summary>The rules of a configuration that need the model, and the list of all that is wrong.</summary>
public sealed class ModelRulesTests : IDisposable
{
    private const string Good = "[INPUT_CONFIG]\ninputs=image,ids,vector\ninput_formats=RGB,RAWDATA_U16_NHWC,RAWDATA_F32_NHWC\nquantizations=TRUE,TRUE,TRUE\nmean=0\nstd_value=1\ninput_layouts=NCHW,NHWC,NHWC\n"
        + "[OUTPUT_CONFIG]\noutputs=conv,words,copy\ndequantizations=TRUE,TRUE,TRUE\noutput_layouts=NCHW,NHWC,NHWC\n[CONV_CONFIG]\ntensor_arrays=between\n";

    private static readonly Graph Net = MixedModel.Graph();
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AGoodConfigurationHasNothingToTell() => Assert.Empty(Examine(Good));

    [Theory]
    [InlineData("inputs=image,", "inputs=picture,", "ConfigInputs", 2)]
    [InlineData("outputs=conv,", "outputs=convolution,", "ConfigOutputs", 9)]
    [InlineData("input_formats=RGB", "input_formats=GRAY", "ConfigInputShape", 1)]
    [InlineData("RGB,RAWDATA_U16_NHWC,RAWDATA_F32_NHWC", "RGB,RAWDATA_S16_NHWC,RAWDATA_U16_NHWC", "ConfigEmbedding", 3)]
    [InlineData("input_formats=RGB,RAWDATA_U16_NHWC,RAWDATA_F32_NHWC\nquantizations=TRUE,TRUE,TRUE\nmean=0\nstd_value=1", "input_formats=RGB,RGB,RAWDATA_F32_NHWC\nquantizations=TRUE,TRUE,TRUE\nmean=0,0\nstd_value=1,1", "ConfigInputType", 3)]
    [InlineData("quantizations=TRUE", "quantizations=FALSE", "ConfigQuantization", 4)]
    [InlineData("input_layouts=NCHW,NHWC,NHWC", "input_layouts=NCHW,NCHW,NHWC", "ConfigLayoutRank", 7)]
    [InlineData("output_layouts=NCHW,NHWC,NHWC", "output_layouts=NCHW,NHWC,NCHW", "ConfigLayoutRank", 11)]
    [InlineData("tensor_arrays=between", "tensor_arrays=between,words", "ConfigTensorArrays", 13)]
    public void ABrokenRuleIsNamedWithItsLine(string part, string replacement, string errorId, int line)
    {
        string text = Good.Replace(part, replacement, StringComparison.Ordinal);
        Assert.NotEqual(Good, text);
        ConfigProblem problem = Assert.Single(Examine(text));
        Assert.Equal((errorId, ConfigSeverity.Error, line), (problem.ErrorId, problem.Severity, problem.Line));
        IpuException e = Assert.Throws<IpuException>(() => InputConfig.Parse(text, "x.ini").Check(Net));
        Assert.Equal((errorId, $"x.ini({line}): {problem.Message}"), (e.ErrorId, e.Message));
    }

    [Theory]
    [InlineData("tensor_arrays=between", "tensor_arrays=image,between", "ConfigFirstConvolution", 13)]
    [InlineData("mean=0", "mean=0 : 0,  0\nstd_value=1", "ConfigSpaces", 5)]
    public void WhatIsIgnoredOrTakenOtherwiseElsewhereIsWarnedOf(string part, string replacement, string id, int line)
    {
        ConfigProblem problem = Examine(Good.Replace(part, replacement, StringComparison.Ordinal)).Single(p => p.Severity == ConfigSeverity.Warning);
        Assert.Equal((id, line), (problem.ErrorId, problem.Line));
    }

    [Fact]
    public void EverythingThatIsWrongIsTold()
    {
        const string Bad = "[INPUT_CONFIG]\ninputs=image,ids,vector\ninput_formats=RGBX,RAWDATA_U16_NHWC,RAWDATA_F32_NHWC\nquantizations=TRUE,MAYBE\nstd=1\nnonsense\nmean=0\nmean=1\n[OUTPUT_CONFIG]\noutputs=conv,conv\ndequantizations=FALSE,yes\n"
            + "output_formats=RAWDATA_F32_NHWC,RAWDATA_X\n[CONV_CONFIG]\ninput_format=BEST\n[MORE]\n";
        Assert.Equal(
            [("ConfigValue", 3), ("ConfigCountMismatch", 4), ("ConfigUnknownKey", 5), ("ConfigSyntax", 6), ("ConfigTwice", 8), ("ConfigNameTwice", 10), ("ConfigOutputs", 10), ("ConfigValue", 11), ("ConfigOutputFormat", 12), ("ConfigValue", 12), ("ConfigValue", 14), ("ConfigUnknownSection", 15)],
            Examine(Bad).Select(p => (p.ErrorId, p.Line)).OrderBy(p => p.Line).ThenBy(p => p.ErrorId, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("mean=0\nstd_value=0", new[] { 1f })]
    [InlineData("mean=0:0:0\nstd_value=0:0:0", new[] { 1f })]
    [InlineData("mean=0\nstd_value=2:4:8", new[] { 2f, 4f, 8f })]
    public void ZeroMeansThatNothingIsNormalized(string lines, float[] deviation) =>
        Assert.Equal(deviation, InputConfig.Parse(Good.Replace("mean=0\nstd_value=1", lines, StringComparison.Ordinal), "x.ini").Inputs[0].Std.ToArray());

    private ImmutableArray<ConfigProblem> Examine(string text) => InputConfig.Examine(_folder.Write("x.ini", text), new IpuModel("net", IpuStage.Float, Net));
}
