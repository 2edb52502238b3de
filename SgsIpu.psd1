@{
    RootModule           = 'module/SgsIpu.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '6d1b4b1e-6f4c-4c0b-9d59-2b0c6e2f7a51'
    Author               = 'The SgsIpu authors'
    CompanyName          = 'SgsIpu'
    Copyright            = '(c) The SgsIpu authors'
    Description          = 'Converts trained networks into calibrated fixed-point models and offline images for SGS IPU chips, and simulates every stage.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('module/SgsIpu.Format.ps1xml')
    TypesToProcess       = @('module/SgsIpu.Types.ps1xml')
    CmdletsToExport      = @(
        'Compare-IpuModel'
        'ConvertTo-IpuOffline'
        'Export-IpuModel'
        'Export-IpuOffline'
        'Export-IpuQuantParam'
        'Export-IpuReport'
        'Export-IpuStatistics'
        'Get-IpuModelInfo'
        'Get-IpuSdkInfo'
        'Get-IpuTensorDetail'
        'Import-IpuModel'
        'Invoke-IpuCalibration'
        'Invoke-IpuModel'
        'Measure-IpuModel'
        'New-IpuInputConfig'
        'New-IpuSession'
        'Set-IpuTensorPrecision'
        'Test-IpuInputConfig'
        'Test-IpuModel'
    )
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags = @('IPU', 'NPU', 'ONNX', 'Quantization', 'TFLite', 'Windows', 'Linux', 'MacOS')
        }
    }
}
