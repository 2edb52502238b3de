using System.Management.Automation;

namespace SgsIpu.Module.Tests;

/// <summary>Writing and checking input_config.ini.</summary>
[Collection(ModuleCollection.Name)]
public sealed class InputConfigTests(ModuleFixture module)
{
    [Fact]
    public void AWrittenConfigurationIsRightForItsModel()
    {
        PSObject[] output = [.. module.Run(
            "$ini = $float | New-IpuInputConfig $out/new.ini -InputFormat YUV_NV12 -Mean 118, 114, 110 -StdValue 58, 57, 59; $ini.Name; Test-IpuInputConfig $ini $float -Quiet; @(Test-IpuInputConfig $ini $float).Count; "
            + "$m = Import-IpuModel $sample/shapes.onnx -InputConfig $ini; $m.InputConfig.Inputs[0].Format; $m.InputConfig.Inputs[0].Mean -join ' '; $m.InputConfig.Outputs[0].Dequantize")];
        Assert.Equal(["new.ini", "True", "0", "YUV_NV12", "118 114 110", "True"], output.Select(o => o.ToString()));
    }

    [Fact]
    public void NothingIsWrittenUnderWhatIfNorOverAFileWithoutForce()
    {
        module.Run("$float | New-IpuInputConfig $out/whatif.ini -WhatIf");
        Assert.False(File.Exists(Path.Combine(module.Output, "whatif.ini")));
        module.Run("[IO.File]::WriteAllText(\"$out/mine.ini\", 'mine')");
        Assert.StartsWith("FileExists,", Assert.Single(module.Try("$float | New-IpuInputConfig $out/mine.ini").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        module.Run("$float | New-IpuInputConfig $out/mine.ini -Force");
        Assert.Contains("LOOK HERE", File.ReadAllText(Path.Combine(module.Output, "mine.ini")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("$float | New-IpuInputConfig $out/x.ini -InputFormat GRAY", "ConfigFormatPair")]
    [InlineData("$float | New-IpuInputConfig $out/x.ini -TrainingFormat GRAY", "ConfigInputShape")]
    [InlineData("$float | New-IpuInputConfig $out/x.ini -TrainingFormat RGB, RGB", "ConfigChoice")]
    [InlineData("$float | New-IpuInputConfig $out/x.ini -Mean 1, 2", "ConfigChoice")]
    [InlineData("$float | New-IpuInputConfig $out/x.ini -Mean 1:2", "ConfigMeanCount")]
    [InlineData("$float | New-IpuInputConfig $out/x.ini -StdValue -1", "ConfigDeviation")]
    [InlineData("$fixed | New-IpuInputConfig $out/x.ini", "WrongStage")]
    [InlineData("Test-IpuInputConfig $out/none.ini", "PathNotFound")]
    public void AMistakeIsOneErrorWithAStableId(string script, string errorId)
    {
        Assert.StartsWith(errorId + ",", Assert.Single(module.Try(script).Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(module.Output, "x.ini")));
    }

    [Fact]
    public void EveryProblemIsAnObjectWithItsLine()
    {
        File.WriteAllText(Path.Combine(module.Output, "bad.ini"), "[INPUT_CONFIG]\ninputs=picture;\ninput_formats=RGB;\nquantizations=PERHAPS;\nmean=1:2;\nstd_value=1;\n[OUTPUT_CONFIG]\noutputs=logits;\n");
        PSObject[] problems = [.. module.Run("Test-IpuInputConfig $out/bad.ini $sample/shapes.onnx")];
        Assert.Equal(
            ["2 ConfigInputs", "4 ConfigValue", "5 ConfigMeanCount", "7 ConfigKeyMissing"],
            problems.Select(p => $"{p.Properties["Line"].Value} {p.Properties["ErrorId"].Value}"));
        Assert.Equal("False", Assert.Single(module.Run("Test-IpuInputConfig $out/bad.ini -Quiet")).ToString());
        string[] lines = module.Shown("Test-IpuInputConfig $out/bad.ini $sample/shapes.onnx");
        Assert.Contains(lines, l => l.Contains("ConfigMeanCount", StringComparison.Ordinal));
        Assert.All(lines, l => Assert.InRange(l.Length, 0, RecordingHost.Columns));
    }
}
