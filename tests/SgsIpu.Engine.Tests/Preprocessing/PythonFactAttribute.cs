using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;

namespace SgsIpu.Engine.Tests.Preprocessing;

/// <summary>A fact about Python scripts; reports that it did not run where no Python has the modules.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonFactAttribute : FactAttribute
{
    private static readonly ConcurrentDictionary<string, string?> Found = new();
    private static readonly string[] Candidates = ["python3", "/usr/bin/python3", "python"];

    public PythonFactAttribute(params string[] modules)
    {
        if (Find(modules) is null)
        {
            Skip = $"no Python here has the modules {string.Join(", ", modules)}";
        }
    }

    /// <summary>The first interpreter that has modules.</summary>
    public static string? Find(params string[] modules) =>
        Found.GetOrAdd(string.Join(", ", modules), static names => Candidates.FirstOrDefault(p => Runs(p, names)));

    private static bool Runs(string python, string modules)
    {
        try
        {
            var start = new ProcessStartInfo(python, ["-c", $"import {modules}"]) { RedirectStandardError = true, RedirectStandardOutput = true };
            using Process process = Process.Start(start)!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
