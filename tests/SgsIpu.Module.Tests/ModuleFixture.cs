using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Invocation = System.Management.Automation.PowerShell;

namespace SgsIpu.Module.Tests;

/// <summary>One runspace with the built module in it, a folder for files, and the sample.</summary>
public sealed class ModuleFixture : IDisposable
{
    private readonly Runspace _runspace;
    private readonly RecordingHost _host = new();

    public ModuleFixture()
    {
        var state = InitialSessionState.CreateDefault2();
        state.ThrowOnRunspaceOpenError = true;
        _runspace = RunspaceFactory.CreateRunspace(_host, state);
        _runspace.Open();
        Output = Directory.CreateTempSubdirectory("sgsipu-").FullName;
        Run($"Import-Module '{Path.Combine(Root, "SgsIpu.psd1")}'; $sample = '{Sample}'; $out = '{Output}'");
        Run("$float = Import-IpuModel $sample/shapes.onnx -InputConfig $sample/input_config.ini; $fixed = $float | Invoke-IpuCalibration -Image $sample/calibration -QuantLevel L1");
    }

    /// <summary>The folder of SgsIpu.sln.</summary>
    public static string Root { get; } = FindRoot();

    public static string Sample { get; } = Path.Combine(Root, "module", "examples", "sample");

    /// <summary>A folder of this run's own.</summary>
    public string Output { get; }

    /// <summary>Runs a script; an error of any kind fails the test.</summary>
    public IReadOnlyList<PSObject> Run(string script)
    {
        (IReadOnlyList<PSObject> result, IReadOnlyList<ErrorRecord> errors) = Try(script);
        Assert.True(errors.Count == 0, string.Join("; ", errors));
        return result;
    }

    /// <summary>Runs a script and returns what it wrote and its errors.</summary>
    public (IReadOnlyList<PSObject> Output, IReadOnlyList<ErrorRecord> Errors) Try(string script)
    {
        using var shell = Invocation.Create(_runspace);
        shell.AddScript(script);
        var output = new PSDataCollection<PSObject>();
        try
        {
            shell.Invoke(null, output);
        }
        catch (RuntimeException e)
        {
            return ([.. output], [.. shell.Streams.Error, e.ErrorRecord]);
        }

        return ([.. output], [.. shell.Streams.Error]);
    }

    /// <summary>What a user sees of a script's objects.</summary>
    public string[] Shown(string script)
    {
        _host.Text.Clear();
        Run(script + " | Out-Default");
        return [.. _host.Text.ToString().Split('\n').Select(l => RecordingHost.WithoutAnsi(l).TrimEnd())];
    }

    /// <summary>A command line that can be stopped.</summary>
    public Invocation Shell(string script)
    {
        var shell = Invocation.Create(_runspace);
        shell.AddScript(script);
        return shell;
    }

    public void Dispose()
    {
        _runspace.Dispose();
        Directory.Delete(Output, recursive: true);
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "SgsIpu.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
