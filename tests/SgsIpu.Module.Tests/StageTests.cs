using System.Globalization;
using System.Management.Automation;

namespace SgsIpu.Module.Tests;

/// <summary>Sessions, and networks in stages that a script joins.</summary>
[Collection(ModuleCollection.Name)]
public sealed class StageTests(ModuleFixture module)
{
    /// <summary>The sample before and after its second activation, which the script computes in its place.</summary>
    private const string Split = """
        $ini1 = "[INPUT_CONFIG]`ninputs=image;`ntraining_input_formats=RGB;`ninput_formats=BGR;`nquantizations=TRUE;`nmean=118:114:110;`nstd_value=58:57:59;`n[OUTPUT_CONFIG]`noutputs=dw1_norm;`ndequantizations=TRUE;"
        $ini2 = "[INPUT_CONFIG]`ninputs=dw1_relu;`ninput_formats=RAWDATA_F32_NHWC;`nquantizations=TRUE;`n[OUTPUT_CONFIG]`noutputs=logits;`ndequantizations=TRUE;"
        [IO.File]::WriteAllText("$out/one.ini", $ini1); [IO.File]::WriteAllText("$out/two.ini", $ini2)
        $m0 = Import-IpuModel $sample/shapes.onnx -OutputName dw1_norm -InputConfig $out/one.ini
        $m1 = Import-IpuModel $sample/shapes.onnx -InputName dw1_relu -InputConfig $out/two.ini
        $forward = {
            param($x)
            $Stage[0].SetInput(0, $x)
            $Stage[0].Invoke()
            $y = $Stage[0].GetOutput(0).ToFloatArray()
            for ($i = 0; $i -lt $y.Length; $i++) { if ($y[$i] -lt 0) { $y[$i] = 0 } }
            $Stage[1].SetInput('dw1_relu', $y)
            $Stage[1].Invoke()
            $Stage[1].GetOutput('logits')
        }

        """;

    private const string Classify = " -Image $sample/evaluation -Category Classification -Label $sample/labels.txt -Top 1 | ForEach-Object { [pscustomobject]@{ Right = [IO.Path]::GetFileName($_.Source).StartsWith($_.Top[0].Label + '_'); Logits = $_.Outputs['logits'].ToFloatArray() -join ' ' } }";

    [Fact]
    public void AFixedNetworkInTwoStagesIsAsGoodAsInOne()
    {
        module.Run(Split + "$f0, $f1 = Invoke-IpuCalibration -Stage $m0, $m1 -Forward $forward -Image $sample/calibration -QuantLevel L1");
        Assert.Equal(["Fixed", "Fixed", "Float32"], module.Run("$f0.Stage; $f1.Stage; $f1.Inputs[0].Type").Select(o => o.ToString()));
        PSObject[] real = [.. module.Run("Invoke-IpuModel -Model $float" + Classify)];
        PSObject[] realStages = [.. module.Run("Invoke-IpuModel -Stage $m0, $m1 -Forward $forward" + Classify)];
        PSObject[] whole = [.. module.Run("Invoke-IpuModel -Model $fixed" + Classify)];
        PSObject[] stages = [.. module.Run("Invoke-IpuModel -Stage $f0, $f1 -Forward $forward" + Classify)];
        Assert.True(Sqnr(real, realStages) > 100, "the float stages compute what the float model computes");
        Assert.InRange(stages.Count(Right), whole.Count(Right) - 1, 80);
        Assert.InRange(Sqnr(real, stages), Sqnr(real, whole) - 1, 100);
        PSObject[] offline = [.. module.Run("$o0, $o1 = $f0, $f1 | Export-IpuOffline $out -Force -PassThru; Invoke-IpuModel -Stage $o0, $o1 -Forward $forward" + Classify)];
        Assert.Equal(stages.Select(s => s.Properties["Logits"].Value), offline.Select(s => s.Properties["Logits"].Value));
    }

    /// <summary>The network sees the middle half of the picture, so that a box around all that it sees is the middle half of 64×64 pixels.</summary>
    [Fact]
    public void BoxesAreThoseOfThePictureWhateverWasCutOff()
    {
        module.Run("$box = [Array]::CreateInstance([float], 1, 1, 1, 7); $i = 0; foreach ($v in 0, 3, 0.9, 0, 0, 1, 1) { $box.SetValue([float]$v, 0, 0, 0, $i); $i++ }");
        const string Detect = " -Image $sample/evaluation/ring_00.png -Preprocess @{ resize = 128; crop = 64 } -Category Detection | ForEach-Object { foreach ($b in $_.Boxes) { \"$($b.Class) $($b.X1) $($b.Y1) $($b.X2) $($b.Y2)\" } }";
        Assert.Equal(["3 16 16 48 48"], module.Run("Invoke-IpuModel -Stage $float -Forward { , $box }" + Detect).Select(o => o.ToString()));
        Assert.StartsWith("Category,", Assert.Single(module.Try("Invoke-IpuModel -Stage $float -Forward { 1 }" + Detect).Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    /// <summary>A real network, cut before one of its activations, which the script computes, and across a shortcut: as close to the float model as in one piece.</summary>
    [AssetFact]
    public void ARealNetworkInTwoStagesIsAsGoodAsInOne()
    {
        module.Run(
            $$"""
            $file = '{{AssetFactAttribute.Folder}}/models/onnx/mobilenetv2/mobilenetv2.onnx'
            $photos = [IO.Directory]::GetFiles('{{AssetFactAttribute.Folder}}/images/imagenet/calibration', '*.jpg'); [Array]::Sort($photos, [StringComparer]::Ordinal)
            $few = $photos[0..5]; $some = $photos[100..105]
            function Ini($name, $inputs, $more, $outputs, $real) {
                [IO.File]::WriteAllText("$out/$name.ini", "[INPUT_CONFIG]`ninputs=$inputs;`n$more`n[OUTPUT_CONFIG]`noutputs=$outputs;`ndequantizations=$real;")
                "$out/$name.ini"
            }
            $picture = "training_input_formats=RGB;`ninput_formats=RGB;`nmean=123.675:116.28:103.53;`nstd_value=58.395:57.12:57.375;"
            $raw = 'input_formats=RAWDATA_F32_NHWC,RAWDATA_F32_NHWC;'
            $whole = Import-IpuModel $file -InputConfig (Ini whole input $picture output TRUE)
            $m0 = Import-IpuModel $file -OutputName conv_86, add_82 -InputConfig (Ini first input $picture 'conv_86,add_82' 'TRUE,TRUE')
            $m1 = Import-IpuModel $file -InputName clip_86, add_82 -InputConfig (Ini second 'clip_86,add_82' $raw output TRUE)
            $forward = {
                param($x)
                $Stage[0].SetInput(0, $x)
                $Stage[0].Invoke()
                $y = $Stage[0].GetOutput('conv_86').ToFloatArray()
                for ($i = 0; $i -lt $y.Length; $i++) { $v = $y[$i]; if ($v -lt 0) { $y[$i] = 0 } elseif ($v -gt 6) { $y[$i] = 6 } }
                $Stage[1].SetInput('clip_86', $y)
                $Stage[1].SetInput('add_82', $Stage[0].GetOutput('add_82'))
                $Stage[1].Invoke()
                $Stage[1].GetOutput(0)
            }
            $wholeFixed = $whole | Invoke-IpuCalibration -Image $few -QuantLevel L1
            $f0, $f1 = Invoke-IpuCalibration -Stage $m0, $m1 -Forward $forward -Image $few -QuantLevel L1
            """);
        const string Logits = " -Image $some | ForEach-Object { [pscustomobject]@{ Logits = $_.Outputs['output'].ToFloatArray() -join ' ' } }";
        PSObject[] real = [.. module.Run("Invoke-IpuModel -Model $whole" + Logits)];
        PSObject[] one = [.. module.Run("Invoke-IpuModel -Model $wholeFixed" + Logits)];
        PSObject[] two = [.. module.Run("Invoke-IpuModel -Stage $f0, $f1 -Forward $forward" + Logits)];
        Assert.Equal(6, two.Length);
        Assert.InRange(Sqnr(real, two), Sqnr(real, one) - 1, 60);
    }

    [Fact]
    public void TheForwardScriptKnowsItsSampleAndMayReturnArrays()
    {
        PSObject row = Assert.Single(module.Run("Invoke-IpuModel -Stage $fixed -Forward { param($x) , [float[]](1, 2); , @(($_.EndsWith('ring_00.png')), $Norm, $x.Shape[1]) } -Image $sample/evaluation/ring_00.png"));
        var outputs = (System.Collections.IDictionary)row.Properties["Outputs"].Value;
        Assert.Equal(["output0", "output1"], outputs.Keys.Cast<string>());
        Assert.Equal("1 0 64", module.Run("(Invoke-IpuModel -Stage $fixed -Forward { param($x) , @(($_.EndsWith('ring_00.png')), $Norm, $x.Shape[1]) } -Image $sample/evaluation/ring_00.png).Outputs['output0'].ToFloatArray() -join ' '").Single().ToString());
    }

    [Theory]
    [InlineData("Invoke-IpuCalibration -Stage $float, $float -Forward { param($x) $Stage[0].SetInput(0, $x); $Stage[0].Invoke() } -Image $sample/calibration", "StageNotRun")]
    [InlineData("Invoke-IpuCalibration -Stage $fixed -Forward { } -Image $sample/calibration", "StageMismatch")]
    [InlineData("Invoke-IpuCalibration -Stage $float -Forward { param($x) $Stage[0].SetInput(0, [float[]](1, 2)) } -Image $sample/calibration", "InputMismatch")]
    [InlineData("Invoke-IpuCalibration -Stage $float -Forward { $Stage[0].Invoke() } -Image $sample/calibration", "InputMissing")]
    [InlineData("Invoke-IpuCalibration -Stage $float -Forward { throw 'kaboom' } -Image $sample/calibration", "kaboom")]
    [InlineData("Invoke-IpuCalibration -Stage $float -Forward { $null.Nothing() } -Image $sample/calibration", "InvokeMethodOnNull")]
    [InlineData("Invoke-IpuCalibration -Stage $float -Forward { } -Image $sample/calibration -InputConfig $sample/input_config.ini", "StageConfig")]
    [InlineData("Invoke-IpuModel -Stage $fixed -Forward { 'text' } -Image $sample/calibration", "ArrayType")]
    [InlineData("Invoke-IpuModel -Stage $fixed -Forward { } -Image $sample/calibration -Category Classification", "Category")]
    public void AMistakeInTheScriptIsOneError(string script, string errorId) =>
        Assert.StartsWith(errorId, Assert.Single(module.Try(script).Errors).FullyQualifiedErrorId, StringComparison.Ordinal);

    [Theory]
    [InlineData("$float", "image Float32 1,64,64,3", "logits Float32 1,8")]
    [InlineData("$fixed", "image UInt8 1,64,64,3", "logits Float32 1,8")]
    [InlineData("($fixed | Export-IpuOffline $out/session.img -Force -PassThru)", "image UInt8 1,64,64,3", "logits Float32 1,8")]
    public void ASessionDescribesEveryStage(string model, string input, string output)
    {
        const string Describe = "| ForEach-Object { \"$($_.name) $($_.dtype) $($_.shape -join ',')\" }";
        Assert.Equal([input, output], module.Run($"$s = New-IpuSession {model}; $s.get_input_details() {Describe}; $s.get_output_details() {Describe}; $s.Dispose()").Select(o => o.ToString()));
    }

    [Fact]
    public void TensorDetailsAreThoseOfTheGuide()
    {
        PSObject[] rows = [.. module.Run("foreach ($m in $float, $fixed) { $s = New-IpuSession $m; $s.get_tensor_details().Where({ $_.name -eq 'stem_relu' }); $s.Dispose() }; ($float | Get-IpuTensorDetail).Where({ $_.Kind -eq 'Constant' -and $_.Consumers -contains 'Conv2D' -and $_.Shape.Rank -eq 4 })[0]")];
        Assert.Equal(("Float32", "UINT8"), (rows[0].Properties["dtype"].Value, rows[0].Properties["qtype"].Value));
        Assert.Equal(("UInt8", "UINT8"), (rows[1].Properties["dtype"].Value, rows[1].Properties["qtype"].Value));
        Assert.Equal("16 0", module.Run("$s = New-IpuSession $fixed; $d = $s.get_tensor_details().Where({ $_.name -eq 'stem_relu' }); \"$($d.quantization[0].Length) $($d.quantization[1])\"; $s.Dispose()").Single().ToString());
        Assert.NotEmpty((System.Collections.IEnumerable)rows[1].Properties["max"].Value);
        Assert.Equal(("Float32", "INT8"), (rows[2].Properties["dtype"].Value, rows[2].Properties["qtype"].Value));
    }

    /// <summary>An image made for batches: each item of a batch gives what it gives alone, in the order of the stack.</summary>
    [Theory]
    [InlineData("-Batch 3", "1 2 3", 4)]
    [InlineData("-Batch 2, 3, 5 -BatchMode OneBuf", "1 2 3 5", 4)]
    public void ASessionTakesTheBatchesOfItsImage(string options, string taken, int refused)
    {
        string[] results = [.. module.Run(
            $$"""
            $null = $fixed | Export-IpuOffline $out/batches.img {{options}} -Force
            $one = New-IpuSession $fixed; $many = New-IpuSession $out/batches.img
            foreach ($n in {{taken.Replace(" ", ", ", StringComparison.Ordinal)}}) {
                $items = @(1..$n | ForEach-Object { $b = [byte[]]::new(64 * 64 * 3); [Random]::new($_).NextBytes($b); , $b })
                $many.SetInput(0, [byte[]]($items | ForEach-Object { $_ })); $many.Invoke()
                $many.GetOutput(0).ToFloatArray() -join ' '
                ($items | ForEach-Object { $one.SetInput(0, $_); $one.Invoke(); $one.GetOutput(0).ToFloatArray() }) -join ' '
            }
            $one.Dispose(); $many.Dispose()
            """).Select(o => o.ToString()!)];
        Assert.Equal(2 * taken.Split(' ').Length, results.Length);
        Assert.All(results.Chunk(2), pair => Assert.Equal(pair[1], pair[0]));
        Assert.Equal(results.Length / 2, results.Distinct().Count());
        string beyond = Assert.Single(module.Try($"$s = New-IpuSession $out/batches.img; $s.SetInput(0, [byte[]]::new({refused} * 64 * 64 * 3)); $s.Invoke()").Errors).ToString();
        Assert.Contains($"was given {refused} inputs at once", beyond, StringComparison.Ordinal);
    }

    /// <summary>One picture as bytes, as numbers, as arrays of arrays, as a tensor, and in a file: the same result.</summary>
    [Fact]
    public void InputsMayBeArraysTensorsAndFiles()
    {
        string[] results = [.. module.Run(
            """
            $bytes = [byte[]]::new(64 * 64 * 3); [Random]::new(5).NextBytes($bytes)
            $cube = [byte[,,]]::new(64, 64, 3); [Buffer]::BlockCopy($bytes, 0, $cube, 0, $bytes.Length)
            $header = "{'descr': '|u1', 'fortran_order': False, 'shape': (64, 64, 3), }".PadRight(117) + "`n"
            $npy = [byte[]](0x93, 78, 85, 77, 80, 89, 1, 0, 118, 0) + [Text.Encoding]::ASCII.GetBytes($header) + $bytes
            [IO.File]::WriteAllBytes("$out/picture.npy", $npy)
            $s = New-IpuSession $fixed
            foreach ($data in $bytes, [int[]]$bytes, [object[]]$bytes, $cube, "$out/picture.npy", [IO.FileInfo]"$out/picture.npy") { $s.SetInput('image', $data); $s.Invoke(); $s.GetOutput(0).ToFloatArray() -join ' ' }
            $first = $s.GetOutput('logits'); $t = New-IpuSession $fixed; $t.set_input(0, $bytes); $t.invoke(); $t.get_output(0).ToArray() -join ' '
            $s.Dispose(); $t.Dispose()
            """).Select(o => o.ToString()!)];
        Assert.Equal(7, results.Length);
        Assert.Single(results.Distinct());
    }

    [Theory]
    [InlineData("SetInput(1, 0)", "has inputs 0 to 0, not 1")]
    [InlineData("SetInput('picture', 0)", "has no input 'picture'; it has image")]
    [InlineData("SetInput(0, [byte[]](1, 2))", "takes UInt8 [1, 64, 64, 3] (12288 values), not UInt8 [2]")]
    [InlineData("SetInput(0, [byte[,]]::new(64, 192))", "not UInt8 [64, 192]")]
    [InlineData("SetInput(0, @(256) * 12288)", "whole numbers from 0 to 255; value 0 is 256")]
    [InlineData("SetInput(0, @(0.5) * 12288)", "whole numbers from 0 to 255; value 0 is 0.5")]
    [InlineData("SetInput(0, 'none.npy')", "none.npy")]
    [InlineData("SetInput(0, @('a', 'b'))", "found the text 'a'")]
    [InlineData("SetInput(0, @((1, 2), 3))", "an array of numbers or a tensor is needed")]
    [InlineData("Invoke()", "input 'image' is not given")]
    [InlineData("GetOutput(0)", "call Invoke()")]
    [InlineData("GetOutput(3)", "has outputs 0 to 0, not 3")]
    [InlineData("GetOutput('x')", "has no output 'x'; it has logits")]
    public void AMistakeIsNamedClearly(string call, string message) =>
        Assert.Contains(message, Assert.Single(module.Try($"$s = New-IpuSession $fixed; $s.{call}").Errors).ToString(), StringComparison.Ordinal);

    private static bool Right(PSObject row) => (bool)row.Properties["Right"].Value;

    private static double Sqnr(PSObject[] signal, PSObject[] other)
    {
        double power = 0;
        double noise = 0;
        foreach ((double s, double o) in signal.Zip(other).SelectMany(p => Values(p.First).Zip(Values(p.Second))))
        {
            power += s * s;
            noise += (s - o) * (s - o);
        }

        return 10 * Math.Log10(power / Math.Max(noise, power * 1e-20));
    }

    private static IEnumerable<double> Values(PSObject row) => ((string)row.Properties["Logits"].Value).Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture));
}
