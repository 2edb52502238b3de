using System.Diagnostics;
using System.Management.Automation;
using System.Runtime.Loader;

namespace SgsIpu.Module.Tests;

/// <summary>The built module as a user meets it. Facts share one runspace.</summary>
[Collection(ModuleCollection.Name)]
public sealed class ModuleTests(ModuleFixture module)
{
    private static readonly string[] Names =
    [
        "Compare-IpuModel", "ConvertTo-IpuOffline", "Export-IpuModel", "Export-IpuOffline", "Export-IpuQuantParam",
        "Export-IpuReport", "Export-IpuStatistics", "Get-IpuModelInfo", "Get-IpuSdkInfo", "Get-IpuTensorDetail", "Import-IpuModel",
        "Invoke-IpuCalibration", "Invoke-IpuModel", "Measure-IpuModel", "New-IpuInputConfig", "New-IpuSession",
        "Set-IpuTensorPrecision", "Test-IpuInputConfig", "Test-IpuModel",
    ];

    public static TheoryData<string> Commands => [.. Names];

    [Fact]
    public void ExactlyTheseCommandsAreExported() =>
        Assert.Equal(Names, module.Run("(Get-Module SgsIpu).ExportedCmdlets.Keys").Select(k => k.ToString()).Order(StringComparer.Ordinal));

    [Fact]
    public void ThirdPartyAssembliesStayOutOfTheDefaultLoadContext()
    {
        string[] own = ["Google.Protobuf", "Google.FlatBuffers", "YamlDotNet", "SkiaSharp", "Microsoft.ML.OnnxRuntime", "INIFileParser", "Iced"];
        Assert.DoesNotContain(AssemblyLoadContext.Default.Assemblies, a => own.Contains(a.GetName().Name));
        Assert.Contains(AssemblyLoadContext.All.SelectMany(c => c.Assemblies), a => a.GetName().Name == "Microsoft.ML.OnnxRuntime");
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void EveryCommandHasHelpWithExamplesAndEveryParameterItsText(string command)
    {
        dynamic help = Assert.Single(module.Run($"Get-Help {command} -Full"));
        Assert.NotEmpty(Text(help, "Synopsis"));
        Assert.NotEmpty(module.Run($"(Get-Help {command}).description"));
        Assert.NotEmpty(module.Run($"(Get-Help {command} -Examples).examples.example"));
        string[] documented = [.. module.Run($"(Get-Help {command} -Full).parameters.parameter | ForEach-Object {{ if ($_.description.Text) {{ $_.name }} }}").Select(p => p.ToString()!).Order(StringComparer.Ordinal)];
        string[] common = [.. Cmdlet.CommonParameters, .. Cmdlet.OptionalCommonParameters];
        string[] parameters = [.. module.Run($"(Get-Command {command}).Parameters.Keys").Select(p => p.ToString()!).Except(common).Order(StringComparer.Ordinal)];
        Assert.Equal(parameters, documented);
    }

    [Theory]
    [InlineData("Import-IpuModel", "model_file", "Path")]
    [InlineData("Import-IpuModel", "input_config", "InputConfig")]
    [InlineData("Import-IpuModel", "soc_version", "SocVersion")]
    [InlineData("Invoke-IpuCalibration", "i", "Image")]
    [InlineData("Invoke-IpuCalibration", "n", "Preprocess")]
    [InlineData("Invoke-IpuCalibration", "quant_level", "QuantLevel")]
    [InlineData("Invoke-IpuCalibration", "num_process", "NumProcess")]
    [InlineData("Export-IpuOffline", "b", "Batch")]
    [InlineData("Invoke-IpuModel", "c", "Category")]
    [InlineData("ConvertTo-IpuOffline", "export_models", "ExportModels")]
    public void TheVendorsSpellingBinds(string command, string alias, string parameter) =>
        Assert.Contains(alias, module.Run($"(Get-Command {command}).Parameters['{parameter}'].Aliases").Select(a => a.ToString()));

    /// <summary>In one go as step by step: the network cut, ranges given, the image for batches of the vendor's stacked form.</summary>
    [Fact]
    public void TheWholeWayTakesWhatItsStepsTake()
    {
        string[] seen = [.. module.Run(
            """
            $cut = 'dw1_norm'
            $ini = New-IpuInputConfig -Model (Import-IpuModel $sample/shapes.onnx -OutputName $cut) -Path $out/cut.ini -Mean 118, 114, 110 -StdValue 58, 57, 59 -Force
            [IO.File]::WriteAllText("$out/given.json", '[{ "name": "stem_relu", "min": [0], "max": [9], "bit": 16 }]')
            $steps = Import-IpuModel $sample/shapes.onnx -OutputName $cut -InputConfig $ini | Invoke-IpuCalibration -Image $sample/calibration -QuantLevel L1 -QuantParam $out/given.json
            $null = ConvertTo-IpuOffline -model_file $sample/shapes.onnx -output_arrays $cut -input_config $ini -i $sample/calibration -quant_level L1 -quant_param $out/given.json -b 1, 3 -batch_mode one_buf -output_file $out/cut.img -export_models -Force
            $fixed1 = Import-IpuModel $out/cut_fixed.sim
            ($steps | Get-IpuTensorDetail -Name stem_relu).Bit
            ($fixed1 | Get-IpuTensorDetail -Name stem_relu).Bit
            (Get-IpuModelInfo $out/cut.img).SupportedBatches -join ' '
            """).Select(o => o.ToString()!)];
        Assert.Equal(["16", "16", "1 3"], seen);
    }

    [Fact]
    public void ModelsFlowFromFilesToFilteredTensors()
    {
        IReadOnlyList<PSObject> rows = module.Run(
            "$fixed | Export-IpuModel -Path $out/flow.sim -Force; [IO.DirectoryInfo]::new($out).GetFiles('flow*.sim') | Import-IpuModel | Get-IpuTensorDetail | Where-Object QuantType -eq UINT8");
        PSObject[] tensors = [.. rows.Skip(1)];
        Assert.NotEmpty(tensors);
        Assert.All(tensors, t => Assert.Equal("UINT8", t.Properties["QuantType"].Value));
        Assert.Contains(tensors, t => (string)t.Properties["Name"].Value == "stem_relu");
    }

    [Fact]
    public void EveryStageClassifiesTheSampleAndTheImageEqualsTheFixedModel()
    {
        const string Classify = "| Invoke-IpuModel -Image $sample/evaluation -Category Classification -Label $sample/labels.txt -Top 1 | ForEach-Object { [pscustomobject]@{ File = [IO.Path]::GetFileName($_.Source); Label = $_.Top[0].Label; Logits = $_.Outputs['logits'].ToFloatArray() -join ' ' } }";
        PSObject[] real = [.. module.Run("$float " + Classify)];
        PSObject[] integers = [.. module.Run("$fixed " + Classify)];
        PSObject[] offline = [.. module.Run("$offline = $fixed | Export-IpuOffline $out/stages.img -Force -PassThru; $offline " + Classify)];
        Assert.Equal(80, real.Length);
        Assert.InRange(real.Count(Right), 72, 80);
        Assert.InRange(integers.Count(Right), 70, 80);
        Assert.Equal(integers.Select(r => r.Properties["Logits"].Value), offline.Select(r => r.Properties["Logits"].Value));
    }

    [Theory]
    [InlineData("1,2,3:4,5", "2 shapes")]
    [InlineData("'1,2,3:4:5'", "3 shapes")]
    public void ShapesInTheOrderOfTheInputsAreCounted(string shapes, string found)
    {
        IReadOnlyList<PSObject> message = module.Run($"try {{ Import-IpuModel $sample/shapes.onnx -InputShapes {shapes} -ErrorAction Stop }} catch {{ $_.Exception.Message }}");
        Assert.Contains(found, Assert.Single(message).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ABadFileIsOneErrorAndTheNextIsStillRead()
    {
        File.WriteAllText(Path.Combine(module.Output, "a_bad.onnx"), "this is no network");
        File.Copy(Path.Combine(ModuleFixture.Sample, "shapes.onnx"), Path.Combine(module.Output, "b_good.onnx"), overwrite: true);
        (IReadOnlyList<PSObject> models, IReadOnlyList<ErrorRecord> errors) = module.Try("[IO.FileInfo]\"$out/a_bad.onnx\", [IO.FileInfo]\"$out/b_good.onnx\" | Import-IpuModel");
        Assert.Equal("b_good", Assert.Single(models).Properties["Name"].Value);
        ErrorRecord error = Assert.Single(errors);
        Assert.StartsWith("Onnx", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.InvalidData, error.CategoryInfo.Category);
    }

    [Theory]
    [InlineData("Import-IpuModel $out/none.onnx", "PathNotFound")]
    [InlineData("Import-IpuModel $sample/shapes.onnx -OutputName nothing", "CutTensorUnknown")]
    [InlineData("Import-IpuModel $sample/shapes.onnx -SocVersion toaster", "UnknownSoc")]
    [InlineData("$float | Invoke-IpuCalibration -Image $out/none", "PathNotFound")]
    [InlineData("$float | Invoke-IpuCalibration -Image $sample/labels.txt", "FileNotFound")]
    [InlineData("$float | Invoke-IpuCalibration -Image $sample/shapes.onnx", "ImageUnreadable")]
    [InlineData("$float | Invoke-IpuCalibration -Image $sample/calibration -Preprocess @{ rezise = 64 }", "RecipeKey")]
    [InlineData("$float | Invoke-IpuCalibration -Image $sample/calibration -Preprocess @{ resize = 32 }", "SampleShape")]
    [InlineData("$fixed | Invoke-IpuCalibration -Image $sample/calibration", "StageMismatch")]
    [InlineData("$float | Export-IpuOffline $out/float.img", "WrongStage")]
    [InlineData("$float | Export-IpuModel $out/no/such/folder/x.sim", "FolderNotFound")]
    public void AMistakeIsOneErrorWithAStableId(string script, string errorId)
    {
        (IReadOnlyList<PSObject> output, IReadOnlyList<ErrorRecord> errors) = module.Try(script);
        Assert.Empty(output);
        Assert.StartsWith(errorId + ",", Assert.Single(errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void NothingIsOverwrittenWithoutForceAndNothingIsWrittenUnderWhatIf()
    {
        module.Run("$fixed | Export-IpuModel $out/whatif.sim -WhatIf; $fixed | Export-IpuOffline $out/whatif.img -WhatIf");
        Assert.Empty(Directory.EnumerateFiles(module.Output, "whatif*"));
        module.Run("[IO.File]::WriteAllText(\"$out/mine.sim\", 'mine')");
        Assert.StartsWith("FileExists,", Assert.Single(module.Try("$fixed | Export-IpuModel $out/mine.sim").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(module.Output, "mine.sim")));
        module.Run("$fixed | Export-IpuModel $out/mine.sim -Force");
        Assert.True(new FileInfo(Path.Combine(module.Output, "mine.sim")).Length > 1000);
    }

    [Fact]
    public void OutputsAreDumpedAsArrays()
    {
        const string Command = "$fixed | Invoke-IpuModel $sample/evaluation/ring_00.png -DumpRawData $out/dump ";
        module.Run(Command + "-WhatIf");
        Assert.False(Directory.Exists(Path.Combine(module.Output, "dump")));
        module.Run(Command);
        string file = Assert.Single(Directory.EnumerateFiles(Path.Combine(module.Output, "dump")));
        Assert.Equal("ring_00_fixed_logits.npy", Path.GetFileName(file));
        Assert.Equal(128 + (8 * 4), new FileInfo(file).Length);
        Assert.StartsWith("FileExists,", Assert.Single(module.Try(Command).Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void AFaultFurtherDownThePipelineEndsItAndIsNoFaultOfTheRun()
    {
        (IReadOnlyList<PSObject> output, IReadOnlyList<ErrorRecord> errors) = module.Try("$fixed | Invoke-IpuModel $sample/evaluation | ForEach-Object { throw 'further down' }; 'still here'");
        Assert.Empty(output);
        Assert.Equal("further down", Assert.Single(errors).FullyQualifiedErrorId);
    }

    [Fact]
    public void ErrorsCostsAndReportCarryTheSameTensors()
    {
        string[] compared = [.. module.Run("$rows = $fixed | Compare-IpuModel $float -Image $sample/evaluation/ring_00.png -WarningAction SilentlyContinue; $rows | ForEach-Object Tensor").Select(t => t.ToString()!)];
        Assert.Contains("stem_relu", compared);
        string[] measured = [.. module.Run("$fixed | Measure-IpuModel -OnHost -Repeat 1 | Where-Object HostMilliseconds -ge 0 | ForEach-Object Output").Select(t => t.ToString()!)];
        Assert.Contains("stem_relu", measured);
        module.Run("$fixed | Export-IpuReport $out/report.html -Comparison $rows -Force");
        string page = File.ReadAllText(Path.Combine(module.Output, "report.html"));
        Assert.Contains("<td>stem_relu</td>", page, StringComparison.Ordinal);
        Assert.Contains("Where it loses", page, StringComparison.Ordinal);
    }

    [Fact]
    public void AnImageIsNamedByTheGuidesRulesAndSaysBatchAndCategory()
    {
        module.Run("$null = $fixed | Export-IpuOffline $out -Batch 4 -Category Classification -Force; $info = Get-IpuModelInfo $out/shapessgsimg.img");
        Assert.Equal(["4", "n_buf", "1 2 3 4", "Classification"], module.Run("$info.MaxBatch; $info.BatchMode; $info.SupportedBatches -join ' '; $info.Category").Select(o => o.ToString()));
        Assert.NotEmpty(module.Run("Invoke-IpuModel -Model $out/shapessgsimg.img -Image $sample/evaluation/ring_00.png | ForEach-Object Top"));
    }

    [Fact]
    public void AScriptBlockPreprocesses()
    {
        const string Block = "{ param($path, $norm) if ($norm) { ,[float[]]::new(64 * 64 * 3) } else { ,[byte[]]::new(64 * 64 * 3) } }";
        IReadOnlyList<PSObject> result = module.Run($"$fixed | Invoke-IpuModel -Image $sample/evaluation/ring_00.png -Preprocess {Block}");
        Assert.NotNull(Assert.Single(result).Properties["Outputs"].Value);
        Assert.Contains("kaboom", Assert.Single(module.Try("$fixed | Invoke-IpuModel $sample/evaluation/ring_00.png { throw 'kaboom' }").Errors).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ASessionRunsStepByStep()
    {
        IReadOnlyList<PSObject> output = module.Run(
            "$session = $fixed | New-IpuSession; $d = $session.GetInputDetails()[0]; $session.SetInput(0, [byte[]]::new(64 * 64 * 3)); $session.Invoke(); $d.Name; $session.GetOutput(0).ToFloatArray().Length; $session.Dispose()");
        Assert.Equal(["image", "8"], output.Select(o => o.ToString()));
    }

    [Theory]
    [InlineData("$float, $fixed", "Stage")]
    [InlineData("$fixed | Get-IpuTensorDetail", "Quant")]
    [InlineData("$fixed | Invoke-IpuModel $sample/evaluation/ring_00.png -Category Classification -Label $sample/labels.txt", "Result")]
    [InlineData("Get-IpuSdkInfo", "SocVersion")]
    [InlineData("$fixed | Measure-IpuModel", "KCycles")]
    [InlineData("$fixed | Measure-IpuModel -Total", "Images/s")]
    [InlineData("$fixed | Compare-IpuModel $float -Image $sample/evaluation/ring_00.png -WarningAction SilentlyContinue", "Alone")]
    [InlineData("Test-IpuModel $sample/shapes.onnx", "Generation")]
    [InlineData("Get-IpuModelInfo $sample/shapes.onnx", "MMACs")]
    public void ViewsFitTheConsole(string script, string heading)
    {
        string[] lines = module.Shown(script);
        Assert.Contains(lines, l => l.Contains(heading, StringComparison.Ordinal));
        Assert.All(lines, l => Assert.InRange(l.Length, 0, RecordingHost.Columns));
    }

    [Fact]
    public void ATestSaysWhatEachGenerationDoesWithANode()
    {
        IReadOnlyList<PSObject> rows = module.Run("Test-IpuModel $sample/shapes.onnx -soc_version pcupid, tiramisu");
        string[] nodes = [.. module.Run("$float.Nodes.Name").Select(n => n.ToString()!)];
        Assert.Equal(nodes.Order(StringComparer.Ordinal), rows.Select(r => (string)r.Properties["Node"].Value).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(["Newer", "Older"], rows.Select(r => r.Properties["Generation"].Value.ToString()).Distinct().Order(StringComparer.Ordinal));
        Assert.All(module.Run("Test-IpuModel $sample/shapes.onnx -Exceeded"), r => Assert.NotEmpty((string)r.Properties["Limit"].Value));
        Assert.Equal(true, Assert.Single(module.Run("$fixed | Test-IpuModel -Quiet")).BaseObject);
        Assert.StartsWith("UnknownSoc,", Assert.Single(module.Try("$fixed | Test-IpuModel -SocVersion toaster").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void TheTopicOfTheOperatorsIsMadeFromThem()
    {
        string topic = File.ReadAllText(Path.Combine(ModuleFixture.Root, "module", "bin", "en-US", "about_SgsIpu_Operators.help.txt"));
        Assert.Contains("kernel height × width is below 64 (split)", topic, StringComparison.Ordinal);
        Assert.Contains("Onnx: Softmax", topic, StringComparison.Ordinal);
        Assert.All(topic.Split('\n'), l => Assert.InRange(l.Length, 0, 90));
    }

    [Fact]
    public void CtrlCEndsACalibrationAtOnce()
    {
        string list = Path.Combine(module.Output, "long.txt");
        string image = Path.Combine(ModuleFixture.Sample, "calibration", "ring_00.png");
        File.WriteAllLines(list, Enumerable.Repeat(image, 200_000));
        using System.Management.Automation.PowerShell shell = module.Shell("$float | Invoke-IpuCalibration -Image $out/long.txt");
        IAsyncResult running = shell.BeginInvoke();
        Assert.False(running.AsyncWaitHandle.WaitOne(TimeSpan.FromMilliseconds(1500)));
        var clock = Stopwatch.StartNew();
        shell.Stop();
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(60));
        Assert.Equal(PSInvocationState.Stopped, shell.InvocationStateInfo.State);
    }

    private static string Text(PSObject help, string property) => help.Properties[property]?.Value?.ToString()?.Trim() ?? "";

    private static bool Right(PSObject row) => ((string)row.Properties["File"].Value).StartsWith(row.Properties["Label"].Value + "_", StringComparison.Ordinal);
}
