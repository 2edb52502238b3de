using System.Diagnostics;
using System.Globalization;
using System.Management.Automation.Runspaces;
using Invocation = System.Management.Automation.PowerShell;

namespace SgsIpu.Benchmarks;

/// <summary>Time of importing the built module into a fresh runspace of a fresh process, over opening that runspace.</summary>
internal static class ImportBenchmark
{
    private const int Rounds = 5;

    public static void Run()
    {
        double[][] times = [.. Enumerable.Range(0, Rounds).Select(_ => ChildProcess.Run("import-child").Trim().Split(' ').Select(t => double.Parse(t, CultureInfo.InvariantCulture)).ToArray())];
        double open = times.Min(t => t[0]);
        double import = times.Min(t => t[1]);
        Console.WriteLine("Import of the module");
        Console.WriteLine(FormattableString.Invariant($"  runspace {open:0} ms   Import-Module {import:0} ms   ratio {import / open:0.00}"));
    }

    public static int Child()
    {
        string module = Path.Combine(MobileNet.Root, "SgsIpu.psd1");
        var clock = Stopwatch.StartNew();
        using Runspace runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.Open();
        double open = clock.Elapsed.TotalMilliseconds;
        clock.Restart();
        using (var shell = Invocation.Create(runspace))
        {
            shell.AddCommand("Import-Module").AddArgument(module).AddParameter("ErrorAction", "Stop").Invoke();
        }

        Console.WriteLine(FormattableString.Invariant($"{open} {clock.Elapsed.TotalMilliseconds}"));
        return 0;
    }
}
