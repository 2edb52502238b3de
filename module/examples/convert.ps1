<#
.SYNOPSIS
Takes the sample from an ONNX file to an offline image and compares every stage.
.DESCRIPTION
Uses core commands only, so that it also runs in SgsIpu.Shell. Writes to a new folder under the temporary folder, or to -Output.
#>
param(
    [string] $Output = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'sgsipu-sample'),
    [string] $QuantLevel = 'L5'
)
$ErrorActionPreference = 'Stop'
Import-Module ([IO.Path]::GetFullPath("$PSScriptRoot/../../SgsIpu.psd1"))
$sample = "$PSScriptRoot/sample"
[void][IO.Directory]::CreateDirectory($Output)
$clock = [Diagnostics.Stopwatch]::StartNew()

$float = Import-IpuModel "$sample/shapes.onnx" -InputConfig "$sample/input_config.ini"
$fixed = $float | Invoke-IpuCalibration -Image "$sample/calibration" -QuantLevel $QuantLevel
$files = @(
    $float | Export-IpuModel -Path $Output -Force
    $fixed | Export-IpuModel -Path $Output -Force
    $fixed | Export-IpuOffline -Path $Output -Force
)
$offline = Import-IpuModel $files[-1].FullName
"converted $($float.Name) in $([int]$clock.ElapsedMilliseconds) ms:"
$files | ForEach-Object { '  {0,8:n0} bytes  {1}' -f $_.Length, $_.FullName }

# Each stage over the same images; the name of an image begins with its class.
$results = @{}
foreach ($model in $float, $fixed, $offline) {
    $results["$($model.Stage)"] = @($model | Invoke-IpuModel -Image "$sample/evaluation" -Category Classification -Label "$sample/labels.txt")
}

''
'stage     top-1   as float   SQNR of the logits'
foreach ($stage in 'Float', 'Fixed', 'Offline') {
    $right = 0; $same = 0; $signal = 0.0; $noise = 0.0
    for ($i = 0; $i -lt $results.Float.Count; $i++) {
        $row = $results[$stage][$i]; $reference = $results.Float[$i]
        if ([IO.Path]::GetFileName($row.Source).StartsWith($row.Top[0].Label + '_')) { $right++ }
        if ($row.Top[0].Index -eq $reference.Top[0].Index) { $same++ }
        $a = $reference.Outputs['logits'].ToFloatArray(); $b = $row.Outputs['logits'].ToFloatArray()
        for ($k = 0; $k -lt $a.Length; $k++) { $signal += $a[$k] * $a[$k]; $noise += ($a[$k] - $b[$k]) * ($a[$k] - $b[$k]) }
    }
    $count = $results.Float.Count
    $sqnr = if ($noise -gt 0) { '{0:n1} dB' -f (10 * [Math]::Log10($signal / $noise)) } else { 'exact' }
    '{0,-8} {1,6:n1} % {2,8:n1} %   {3}' -f $stage, (100 * $right / $count), (100 * $same / $count), $sqnr
}

# Where it hurts: every tensor of both models over all images, the largest error first.
''
'the tensors that lose most         SQNR    alone    MACs'
$fixed | Compare-IpuModel $float -Image "$sample/evaluation" -WarningAction SilentlyContinue | ForEach-Object { $shown = 0 } {
    if ($shown++ -lt 5) { '{0,-12} {1,-16} {2,5:n1} dB {3,5:n1} dB {4,7:n1} %' -f $_.Tensor, $_.Operator, $_.Sqnr, $_.IsolatedSqnr, (100 * $_.MacShare) }
}
