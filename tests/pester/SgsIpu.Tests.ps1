#Requires -Version 7.6
#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0.0' }

# The stories of tests/SgsIpu.Module.Tests on a real pwsh. Build first: dotnet build SgsIpu.sln -c Release. Then: tests/pester/run, or
# Invoke-Pester tests/pester where Pester 5 or later is installed.

BeforeAll {
    $root = (Resolve-Path "$PSScriptRoot/../..").Path
    Import-Module "$root/SgsIpu.psd1" -Force
    $sample = "$root/module/examples/sample"
    $float = Import-IpuModel "$sample/shapes.onnx" -InputConfig "$sample/input_config.ini"
    $fixed = $float | Invoke-IpuCalibration -Image "$sample/calibration" -QuantLevel L1
}

Describe 'The module' {
    It 'exports its commands and nothing else' {
        (Get-Command -Module SgsIpu).Name | Sort-Object | Should -Be @(
            'Compare-IpuModel', 'ConvertTo-IpuOffline', 'Export-IpuModel', 'Export-IpuOffline', 'Export-IpuQuantParam', 'Export-IpuReport', 'Export-IpuStatistics', 'Get-IpuModelInfo', 'Get-IpuSdkInfo',
            'Get-IpuTensorDetail', 'Import-IpuModel', 'Invoke-IpuCalibration', 'Invoke-IpuModel', 'Measure-IpuModel', 'New-IpuInputConfig', 'New-IpuSession', 'Set-IpuTensorPrecision', 'Test-IpuInputConfig', 'Test-IpuModel')
    }

    It 'has help with examples for <_>' -ForEach @(
        'Compare-IpuModel', 'ConvertTo-IpuOffline', 'Export-IpuModel', 'Export-IpuOffline', 'Export-IpuQuantParam', 'Export-IpuReport', 'Export-IpuStatistics', 'Get-IpuModelInfo', 'Get-IpuSdkInfo',
        'Get-IpuTensorDetail', 'Import-IpuModel', 'Invoke-IpuCalibration', 'Invoke-IpuModel', 'Measure-IpuModel', 'New-IpuInputConfig', 'New-IpuSession', 'Set-IpuTensorPrecision', 'Test-IpuInputConfig', 'Test-IpuModel') {
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Not -BeNullOrEmpty
        @($help.examples.example).Count | Should -BeGreaterThan 0
    }

    It 'completes names of chips' {
        $line = 'Import-IpuModel x.onnx -SocVersion pcu'
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Contain 'pcupid'
    }
}

Describe 'A model on its way' {
    It 'flows from files to filtered tensors' {
        $fixed | Export-IpuModel "$TestDrive/flow.sim" | Should -BeOfType IO.FileInfo
        $rows = Get-ChildItem "$TestDrive/*.sim" | Import-IpuModel | Get-IpuTensorDetail | Where-Object QuantType -EQ UINT8
        $rows.Count | Should -BeGreaterThan 5
        $rows.Name | Should -Contain 'stem_relu'
    }

    It 'gives the same integers offline' {
        $offline = $fixed | Export-IpuOffline "$TestDrive/stages.img" -PassThru
        $a = $fixed | Invoke-IpuModel -Image "$sample/evaluation"
        $b = $offline | Invoke-IpuModel -Image "$sample/evaluation"
        $a.Count | Should -Be 80
        for ($i = 0; $i -lt $a.Count; $i++) {
            $b[$i].Outputs['logits'].ToFloatArray() | Should -Be $a[$i].Outputs['logits'].ToFloatArray()
        }
    }

    It 'classifies the sample' {
        $rows = $fixed | Invoke-IpuModel -Image "$sample/evaluation" -Category Classification -Label "$sample/labels.txt" -Top 1
        @($rows | Where-Object { (Split-Path $_.Source -Leaf).StartsWith($_.Top[0].Label + '_') }).Count | Should -BeGreaterOrEqual 70
    }

    It 'converts in one go with the vendor''s spelling' {
        $files = ConvertTo-IpuOffline -model_file "$sample/shapes.onnx" -i "$sample/calibration" -input_config "$sample/input_config.ini" -output_file "$TestDrive/one.img" -export_models
        # Where '.' sorts beside '_' depends on the culture.
        $files.Count | Should -Be 3
        'one.img', 'one_fixed.sim', 'one_float.sim' | Should -BeIn $files.Name
    }

    It 'runs step by step in a session' {
        $session = $fixed | New-IpuSession
        try {
            $session.SetInput(0, [byte[]]::new(64 * 64 * 3))
            $session.Invoke()
            $session.GetOutput(0).ToFloatArray().Count | Should -Be 8
        }
        finally {
            $session.Dispose()
        }
    }
}

Describe 'Errors and costs' {
    It 'ranks the tensors by their error, with what they cost' {
        $rows = $fixed | Compare-IpuModel $float -Image "$sample/evaluation/ring_00.png" -WarningAction SilentlyContinue
        $rows.Tensor | Should -Contain 'logits'
        $rows[0].Sqnr | Should -BeLessOrEqual $rows[-1].Sqnr
        ($rows | Measure-Object MacShare -Sum).Sum | Should -BeGreaterThan 0.999
    }

    It 'adds the commands up to the model' {
        $total = $fixed | Measure-IpuModel -Total
        $cycles = ($fixed | Measure-IpuModel | Measure-Object Cycles -Sum).Sum
        [Math]::Abs($cycles - $total.Cycles) | Should -BeLessThan ($total.Cycles / 1e6)
    }

    It 'takes a profile of the user''s own' {
        Set-Content "$TestDrive/chip.json" '{ "name": "mychip", "generation": "newer", "clockMHz": 1000 }'
        ($fixed | Measure-IpuModel -SocVersion "$TestDrive/chip.json" -Total).SocVersion | Should -Be 'mychip'
    }

    It 'writes a report' {
        $rows = $fixed | Compare-IpuModel $float -Image "$sample/evaluation/ring_00.png" -WarningAction SilentlyContinue
        $file = $fixed | Export-IpuReport "$TestDrive/report.html" -Comparison $rows
        Get-Content $file -Raw | Should -Match 'Where it loses'
    }
}

Describe 'An image' {
    It 'is named by the guide''s rules and says batch and category' {
        $null = $fixed | Export-IpuOffline $TestDrive -Batch 4 -Category Classification
        $info = Get-IpuModelInfo "$TestDrive/shapessgsimg.img"
        $info.MaxBatch | Should -Be 4
        $info.Category | Should -Be 'Classification'
    }
}

Describe 'Steering' {
    It 'gives filtered tensors 16 bits' {
        $wide = $fixed | Get-IpuTensorDetail | Where-Object { $_.QuantType -eq 'UINT8' -and $_.Producer -eq 'DepthwiseConv2D' } | Set-IpuTensorPrecision -Bit 16
        ($wide | Get-IpuTensorDetail -Name dw0_relu).QuantType | Should -Be 'INT16'
        $wide.Report.Given.Taken | Should -Not -Contain $false
    }

    It 'takes in what it exported' {
        $file = $fixed | Export-IpuQuantParam "$TestDrive/param.json"
        $again = $float | Invoke-IpuCalibration -Image "$sample/calibration" -QuantLevel L1 -QuantParam $file
        $again.Report.Given.Taken | Should -Not -Contain $false
    }

    It 'gives 16 bits for a target' {
        $low, $high = 30, 44 | ForEach-Object { $float | Invoke-IpuCalibration -Image "$sample/calibration" -TargetSqnr $_ }
        $high.Report.OutputSqnr | Should -BeGreaterOrEqual 44
        ($low | Measure-IpuModel -Total).Cycles | Should -BeLessThan ($high | Measure-IpuModel -Total).Cycles
    }
}

Describe 'Statistics' {
    It 'are observed once and serve many settings' {
        $file = $float | Export-IpuStatistics -Path "$TestDrive/whole.stats" -Image "$sample/calibration"
        $again = $float | Invoke-IpuCalibration -Statistics $file -QuantLevel L1
        $a = $again | Invoke-IpuModel "$sample/evaluation/ring_00.png"
        $b = $fixed | Invoke-IpuModel "$sample/evaluation/ring_00.png"
        $a.Outputs['logits'].ToFloatArray() | Should -Be $b.Outputs['logits'].ToFloatArray()
    }

    It 'of parts are those of the whole' {
        $images = (Get-ChildItem "$sample/calibration/*.png").FullName
        $half = [int]($images.Count / 2)
        $parts = @(
            $float | Export-IpuStatistics -Path "$TestDrive/part1.stats" -Image $images[0..($half - 1)]
            $float | Export-IpuStatistics -Path "$TestDrive/part2.stats" -Image $images[$half..($images.Count - 1)])
        $merged = $float | Invoke-IpuCalibration -Statistics $parts -QuantLevel L2
        $whole = $float | Invoke-IpuCalibration -Image $images -QuantLevel L2
        $detail = { $_ | Get-IpuTensorDetail | ForEach-Object { "$($_.Name) $($_.Scale) $($_.ZeroPoint)" } }
        ($merged | ForEach-Object $detail) | Should -Be ($whole | ForEach-Object $detail)
    }
}

Describe 'The Q modes' {
    It 'mix 4 and 8 bits to a rate' {
        Set-Content "$TestDrive/quant.yaml" 'QUANT_CONFIG:', '  retrain_iter_num: 2', '  device: cpu', '  mixed_precisions: [4, 8]', '  mp_rate: 0.4'
        $mixed = $float | Invoke-IpuCalibration -Image "$sample/calibration" -QMode Q13 -QuantConfig "$TestDrive/quant.yaml"
        $mixed.Report.CompressionRate | Should -BeLessOrEqual 0.4
        ($mixed | Get-IpuTensorDetail).QuantType | Should -Contain 'INT4'
    }

    It 'tell the line of a mistake' {
        Set-Content "$TestDrive/wrong.yaml" 'QUANT_CONFIG:', '  retrain_iter_num: 2', '  devise: cpu'
        $null = $float | Invoke-IpuCalibration -Image "$sample/calibration" -QMode Q11 -QuantConfig "$TestDrive/wrong.yaml" -ErrorVariable found -ErrorAction SilentlyContinue
        $found[0].Exception.Message | Should -Match 'wrong\.yaml.*3'
    }
}

Describe 'An input configuration' {
    It 'is written for a model and found right' {
        $ini = $float | New-IpuInputConfig "$TestDrive/new.ini" -Mean 118, 114, 110 -StdValue 58, 57, 59
        Test-IpuInputConfig $ini $float -Quiet | Should -BeTrue
    }

    It 'has all its mistakes told' {
        Set-Content "$TestDrive/bad.ini" '[INPUT_CONFIG]', 'inputs=picture', 'input_formats=RGBX', '[OUTPUT_CONFIG]', 'outputs=logits'
        (Test-IpuInputConfig "$TestDrive/bad.ini").Line | Should -Be @(3, 4)
    }
}

Describe 'A network in stages' {
    It 'is calibrated and run as its script says' {
        $forward = { param($x) $Stage[0].SetInput(0, $x); $Stage[0].Invoke(); $Stage[0].GetOutput('logits') }
        $stages = @(Invoke-IpuCalibration -Stage $float -Forward $forward -Image "$sample/calibration" -QuantLevel L1)
        $row = Invoke-IpuModel -Stage $stages -Forward $forward -Image "$sample/evaluation/ring_00.png"
        $row.Outputs['logits'].ToFloatArray() | Should -Be ($fixed | Invoke-IpuModel "$sample/evaluation/ring_00.png").Outputs['logits'].ToFloatArray()
    }
}

Describe 'Boxes' {
    It 'are those of the picture, whatever the recipe cut off' {
        $box = [float[,,,]]::new(1, 1, 1, 7)
        $i = 0
        foreach ($v in 0, 3, 0.9, 0, 0, 1, 1) { $box[0, 0, 0, $i++] = $v }
        $row = Invoke-IpuModel -Stage $float -Forward { , $box } -Image "$sample/evaluation/ring_00.png" -Preprocess @{ resize = 128; crop = 64 } -Category Detection -DrawResult "$TestDrive/drawn"
        $b = $row.Boxes[0]
        $b.X1, $b.Y1, $b.X2, $b.Y2 | Should -Be @(16, 16, 48, 48)
        (Get-ChildItem "$TestDrive/drawn/*.png").Count | Should -Be 1
    }
}

Describe 'Preprocessing' {
    It 'takes a script block' {
        $result = $fixed | Invoke-IpuModel "$sample/evaluation/ring_00.png" { param($path, $norm) , [byte[]]::new(64 * 64 * 3) }
        $result.Outputs['logits'].Shape | Should -Be @(1, 8)
    }

    It 'takes a recipe' {
        ($fixed | Invoke-IpuModel "$sample/evaluation/ring_00.png" @{ resize = 64, 64; interpolation = 'opencv-area' }).Stage | Should -Be 'Fixed'
    }
}

Describe 'Mistakes' {
    It '<Id> for: <Script>' -ForEach @(
        @{ Id = 'PathNotFound'; Script = { Import-IpuModel "$TestDrive/none.onnx" } }
        @{ Id = 'UnknownSoc'; Script = { Import-IpuModel "$sample/shapes.onnx" -SocVersion toaster } }
        @{ Id = 'ImageUnreadable'; Script = { $float | Invoke-IpuCalibration -Image "$sample/shapes.onnx" } }
        @{ Id = 'RecipeKey'; Script = { $float | Invoke-IpuCalibration "$sample/calibration" @{ rezise = 64 } } }
        @{ Id = 'StageMismatch'; Script = { $fixed | Invoke-IpuCalibration "$sample/calibration" } }
        @{ Id = 'WrongStage'; Script = { $float | Export-IpuOffline "$TestDrive/float.img" } }
    ) {
        $found = & $Script 2>&1 | Where-Object { $_ -is [Management.Automation.ErrorRecord] }
        @($found).Count | Should -Be 1
        $found.FullyQualifiedErrorId | Should -BeLike "$Id,*"
    }

    It 'reads the next file after a bad one' {
        Set-Content "$TestDrive/a_bad.onnx" 'this is no network'
        Copy-Item "$sample/shapes.onnx" "$TestDrive/b_good.onnx"
        $models = Get-ChildItem "$TestDrive/?_*.onnx" | Import-IpuModel -ErrorVariable found -ErrorAction SilentlyContinue
        $models.Name | Should -Be 'b_good'
        $found.Count | Should -Be 1
    }

    It 'writes nothing under -WhatIf and overwrites nothing without -Force' {
        $fixed | Export-IpuModel "$TestDrive/whatif.sim" -WhatIf
        "$TestDrive/whatif.sim" | Should -Not -Exist
        Set-Content "$TestDrive/mine.sim" 'mine'
        $fixed | Export-IpuModel "$TestDrive/mine.sim" -ErrorVariable found -ErrorAction SilentlyContinue
        $found[0].FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        Get-Content "$TestDrive/mine.sim" | Should -Be 'mine'
    }
}
