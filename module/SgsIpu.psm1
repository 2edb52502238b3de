$bin = [IO.Path]::Combine($PSScriptRoot, 'bin')
$library = [IO.Path]::Combine($bin, 'SgsIpu.PowerShell.dll')
if (-not [IO.File]::Exists($library)) {
    throw "SgsIpu is not built: $library is missing. Run 'dotnet build -c Release' in the folder of SgsIpu.sln."
}

# The engine and its libraries get a load context of their own, so that other modules' versions of them cannot clash.
[Reflection.Assembly]::LoadFrom($library).GetType('SgsIpu.PowerShell.ModuleLoadContext').GetMethod('Attach').Invoke($null, @($bin))
Import-Module $library
