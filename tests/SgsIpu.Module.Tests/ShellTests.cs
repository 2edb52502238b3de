using System.Diagnostics;

namespace SgsIpu.Module.Tests;

/// <summary>The shell for machines without pwsh: what it prints where, and its exit code.</summary>
public sealed class ShellTests
{
    [Fact]
    public void ObjectsGoToOutputThroughTheirViews()
    {
        (int code, string output, string error) = Run("-Command", "Get-IpuSdkInfo pcupid");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("pcupid", output, StringComparison.Ordinal);
        Assert.Contains("SocVersion", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Import-IpuModel none.onnx", "there is no file or folder 'none.onnx'")]
    [InlineData("$ErrorActionPreference = 'Stop'; Import-IpuModel none.onnx", "there is no file or folder 'none.onnx'")]
    [InlineData("throw 'kaboom'", "kaboom")]
    [InlineData("this is (no statement", "Missing closing ')'")]
    public void AMistakeIsSaidOnErrorAndInTheExitCode(string command, string message)
    {
        (int code, string output, string error) = Run("-Command", command);
        Assert.Equal(1, code);
        Assert.Empty(output.Trim());
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public void AScriptsOwnExitCodeIsTheShells()
    {
        string script = Path.Combine(Directory.CreateTempSubdirectory("sgsipu-").FullName, "seven.ps1");
        File.WriteAllText(script, "param([int] $Code) \"code $Code\"; exit $Code");
        (int code, string output, _) = Run("-File", script, "-Code", "7");
        Assert.Equal(7, code);
        Assert.Contains("code 7", output, StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(script)!, recursive: true);
    }

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        string configuration = AppContext.BaseDirectory.Contains("Release", StringComparison.Ordinal) ? "Release" : "Debug";
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        start.ArgumentList.Add(Path.Combine(ModuleFixture.Root, "src", "SgsIpu.Shell", "bin", configuration, "net10.0", "sgsipu.dll"));
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process shell = Process.Start(start)!;
        Task<string> error = shell.StandardError.ReadToEndAsync();
        string output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return (shell.ExitCode, output, RecordingHost.WithoutAnsi(error.Result));
    }
}
