using System.Management.Automation;

namespace SgsIpu.Module.Tests;

/// <summary>Steering the calibrator from the pipeline. Facts share one runspace.</summary>
[Collection(ModuleCollection.Name)]
public sealed class SteeringTests(ModuleFixture module)
{
    [Fact]
    public void FilteredTensorsGetSixteenBitsOnAFixedModelAndOnAFloatOne()
    {
        const string Wide = " | Get-IpuTensorDetail | Where-Object { $_.QuantType -eq 'UINT8' -and $_.Producer -eq 'DepthwiseConv2D' } | Set-IpuTensorPrecision -Bit 16";
        PSObject[] rows = [.. module.Run($"$a = $fixed{Wide}; $b = $float | Get-IpuTensorDetail | Where-Object {{ $_.QuantType -eq 'UINT8' -and $_.Producer -eq 'DepthwiseConv2D' }} | Set-IpuTensorPrecision -Bit 16; "
            + "$c = $b | Invoke-IpuCalibration -Image $sample/calibration -QuantLevel L1; foreach ($m in $a, $c) { $m | Get-IpuTensorDetail -Name dw*relu }")];
        Assert.Equal(8, rows.Length);
        Assert.All(rows, r => Assert.Equal(("INT16", 16), (r.Properties["QuantType"].Value, r.Properties["Bit"].Value)));
        Assert.Equal(["Float", "Fixed", "True"], module.Run("$b.Stage, $c.Stage, ($a.Report.Given.Taken -notcontains $false)").Select(o => o.ToString()));
    }

    [Fact]
    public void TensorsThatLoseMuchGetSixteenBits()
    {
        PSObject[] output = [.. module.Run("$known = [double[]]@($fixed | Get-IpuTensorDetail | Where-Object Bit -eq 8 | Where-Object Sqnr -gt 0 | ForEach-Object Sqnr); [array]::Sort($known); $limit = $known[2]; "
            + "$low = @($fixed | Get-IpuTensorDetail | Where-Object Sqnr -lt $limit); $again = $low | Set-IpuTensorPrecision -Bit 16; "
            + "$low.Count; $low.Kind -contains 'Constant'; $again.Report.Given.Taken -contains $false; @($again | Get-IpuTensorDetail | Where-Object Sqnr -lt $limit).Count")];
        Assert.Equal(["2", "False", "False", "0"], output.Select(o => o.ToString()));
    }

    [Fact]
    public void StatisticsStandForTheSamplesAndMergeFromParts()
    {
        string[] images = [.. Directory.GetFiles(Path.Combine(ModuleFixture.Sample, "calibration")).Order(StringComparer.Ordinal)];
        string List(IEnumerable<string> files) => string.Join(", ", files.Select(f => $"'{f}'"));
        module.Run($"$images = {List(images)}; $whole = $float | Export-IpuStatistics -Path $out/whole.stats -Image $images; $a = $float | Export-IpuStatistics -Path $out/a.stats -Image {List(images[..(images.Length / 2)])}; "
            + $"$b = $float | Export-IpuStatistics -Path $out/b.stats -Image {List(images[(images.Length / 2)..])}; "
            + "$null = $float | Invoke-IpuCalibration -Statistics $whole.FullName -QuantLevel L3 | Export-IpuModel $out/of_whole.sim; "
            + "$null = $float | Invoke-IpuCalibration -Statistics $a.FullName, $b.FullName -QuantLevel L3 | Export-IpuModel $out/of_parts.sim; "
            + "$null = $float | Invoke-IpuCalibration -Image $images -QuantLevel L3 | Export-IpuModel $out/of_images.sim");
        byte[][] models = [.. new[] { "of_whole.sim", "of_parts.sim", "of_images.sim" }.Select(f => File.ReadAllBytes(Path.Combine(module.Output, f)))];
        Assert.Equal(models[2], models[0]);
        Assert.Equal(models[2], models[1]);
        Assert.StartsWith("FileExists,", module.Try("$float | Export-IpuStatistics -Path $out/whole.stats -Image $sample/calibration").Errors[0].FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileThatHoldsNoStatisticsIsRefused() =>
        Assert.StartsWith("StatisticsFormat,", Assert.Single(module.Try("$float | Invoke-IpuCalibration -Statistics $sample/labels.txt").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);

    [Fact]
    public void TheFrameworksOwnOutputsAreComparedWith()
    {
        PSObject[] output = [.. module.Run("$image = \"$sample/evaluation/ring_00.png\"; $w = @{ WarningAction = 'SilentlyContinue' }; "
            + "$model = $fixed | Compare-IpuModel $float -Image $image -DumpTensor $out/arrays @w; $arrays = $fixed | Compare-IpuModel $float -Image $image -ReferenceOutput $out/arrays @w; "
            + "$onnx = $float | Compare-IpuModel $float -Image $image -ReferenceOutput $sample/shapes.onnx @w; "
            + "($model | ForEach-Object { \"$($_.Tensor) $($_.Sqnr)\" }) -join ';'; ($arrays | ForEach-Object { \"$($_.Tensor) $($_.Sqnr)\" }) -join ';'; "
            + "$onnx.Tensor -contains 'logits'; @($onnx | Where-Object Sqnr -lt 90).Count")];
        Assert.Equal(output[0].ToString(), output[1].ToString());
        Assert.Contains("stem_relu", output[0].ToString(), StringComparison.Ordinal);
        Assert.Equal(["True", "0"], output[2..].Select(o => o.ToString()));
    }

    [Fact]
    public void TensorsAreNamedWithWildcardsAsWell() =>
        Assert.Equal("INT16", Assert.Single(module.Run("Set-IpuTensorPrecision -Model $fixed -Name stem_r* -Bit 16 | Get-IpuTensorDetail -Name stem_relu")).Properties["QuantType"].Value);

    [Fact]
    public void WhatIsRefusedIsWarnedOf()
    {
        PSObject[] output = [.. module.Run("$m = Set-IpuTensorPrecision -Model $fixed logits, nothing -Bit 8 -WarningVariable w -WarningAction SilentlyContinue; $w; $m.Report.Given.Where({ -not $_.Taken }).Tensor")];
        Assert.Contains("'logits' refused", output[0].ToString(), StringComparison.Ordinal);
        Assert.Contains("no such tensor", output[1].ToString(), StringComparison.Ordinal);
        Assert.Equal(["logits", "nothing"], output[2..].Select(o => o.ToString()));
    }

    [Theory]
    [InlineData("Json", "json")]
    [InlineData("Pickle", "pkl")]
    public void ParametersGoOutAndComeInAgain(string format, string extension)
    {
        PSObject[] output = [.. module.Run(
            $"$file = $fixed | Export-IpuQuantParam $out -Format {format} -Force; $file.Name; $again = $float | Invoke-IpuCalibration -Image $sample/calibration -QuantLevel L1 -quant_param $file.FullName; "
            + "$again.Report.Given.Count -gt 20; $again.Report.Given.Taken -contains $false; ($again | Get-IpuTensorDetail -Name stem_relu).QuantType")];
        Assert.Equal([$"shapes_quant_param.{extension}", "True", "False", "UINT8"], output.Select(o => o.ToString()));
    }

    [Fact]
    public void ATargetTakesTheBitsThatItNeeds() =>
        Assert.Equal(["True", "True"], module.Run(
            "$low, $high = 30, 44 | ForEach-Object { $float | Invoke-IpuCalibration -Image $sample/calibration -TargetSqnr $_ }; $high.Report.OutputSqnr -ge 44; "
            + "($low | Measure-IpuModel -Total).Cycles -lt ($high | Measure-IpuModel -Total).Cycles").Select(o => o.ToString()));

    [Fact]
    public void BothFormsAreWrittenAtOnceAndNothingUnderWhatIf()
    {
        module.Run("$fixed | Export-IpuQuantParam $out/both -Format Json, Pickle -WhatIf");
        Assert.Empty(Directory.GetFiles(module.Output, "both*"));
        Assert.Equal(["both.json", "both.pkl"], module.Run("($fixed | Export-IpuQuantParam $out/both -Format Json, Pickle -IncludeData).Name").Select(o => o.ToString()));
        Assert.StartsWith("FileExists,", module.Try("$fixed | Export-IpuQuantParam $out/both.json").Errors[0].FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("$float | Export-IpuQuantParam $out/x.json", "WrongStage")]
    [InlineData("$float | Invoke-IpuCalibration -Image $sample/calibration -QuantParam $sample/labels.txt", "PickleDamaged")]
    [InlineData("$float | Invoke-IpuCalibration -Image $sample/calibration -QuantParam $out/none.json", "PathNotFound")]
    [InlineData("$float | Invoke-IpuCalibration -Image $sample/calibration -QuantLevel L3 -TargetSqnr 40", "TargetUnused")]
    [InlineData("$fixed | Export-IpuModel $out/read.sim -Force | Import-IpuModel | Get-IpuTensorDetail -Name stem_relu | Set-IpuTensorPrecision -Bit 16", "StatisticsAbsent")]
    public void AMistakeIsOneErrorWithAStableId(string script, string errorId) =>
        Assert.StartsWith(errorId + ",", Assert.Single(module.Try(script).Errors).FullyQualifiedErrorId, StringComparison.Ordinal);

    [Theory]
    [InlineData("$fixed | Get-IpuTensorDetail -Name stem", "stem_relu")]
    [InlineData("Set-IpuTensorPrecision -Model $fixed -Name stem", "stem_relu")]
    [InlineData("Import-IpuModel x.onnx -SocVersion pcu", "pcupid")]
    [InlineData("$float | Invoke-IpuCalibration -QuantLevel ", "L1")]
    [InlineData("$fixed | Export-IpuQuantParam -Format P", "Pickle")]
    [InlineData("Set-IpuTensorPrecision -Bit ", "16")]
    [InlineData("$fixed | Invoke-IpuModel -Tensor stem", "stem_relu")]
    public void NamesComplete(string line, string completion) =>
        Assert.Contains(completion, module.Run($"(TabExpansion2 '{line}' {line.Length}).CompletionMatches.CompletionText").Select(c => c.ToString()));

    [Theory]
    [InlineData("(Set-IpuTensorPrecision -Model $fixed logits -Bit 8 -WarningAction SilentlyContinue).Report.Given", "Reason")]
    [InlineData("$float | Get-IpuTensorDetail", "Quant")]
    public void ViewsFitTheConsole(string script, string heading)
    {
        string[] lines = module.Shown(script);
        Assert.Contains(lines, l => l.Contains(heading, StringComparison.Ordinal));
        Assert.All(lines, l => Assert.InRange(l.Length, 0, RecordingHost.Columns));
    }
}
