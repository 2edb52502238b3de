using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Invocation = System.Management.Automation.PowerShell;

namespace SgsIpu.Shell;

/// <summary>A runspace with the module in it. Results and non-terminating errors go through Out-Default, so through the module's views.</summary>
internal sealed class Session : IDisposable
{
    private const int Interrupted = 130;

    private readonly ShellHost _host;
    private readonly Runspace _runspace;
    private Invocation? _running;

    public Session(ShellHost host)
    {
        _host = host;
        var state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows())
        {
            state.ExecutionPolicy = Microsoft.PowerShell.ExecutionPolicy.Bypass;
        }

        _runspace = RunspaceFactory.CreateRunspace(host, state);
        _runspace.Open();
        Runspace.DefaultRunspace = _runspace;
        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = true;
            _running?.BeginStop(null, null);
        };
    }

    /// <summary>Runs one text. Returns the script's own exit code, 1 after a terminating error, 130 after Ctrl+C, otherwise 0.</summary>
    public int Run(string text)
    {
        using var shell = Invocation.Create(_runspace);
        shell.AddScript(text).AddCommand("Out-Default");
        shell.Commands.Commands[^1].MergeUnclaimedPreviousCommandResults = PipelineResultTypes.Error | PipelineResultTypes.Output;
        _running = shell;
        try
        {
            shell.Invoke();
        }
        catch (PipelineStoppedException)
        {
            return Interrupted;
        }
        catch (RuntimeException e)
        {
            Report(e.ErrorRecord);
            return 1;
        }
        finally
        {
            _running = null;
        }

        return _host.ExitCode ?? 0;
    }

    /// <summary>Reads lines and runs them until <c>exit</c> or the end of the input. An unfinished statement goes on on the next line.</summary>
    public int Prompt()
    {
        while (_host.ExitCode is null)
        {
            Console.Out.Write($"PS {_runspace.SessionStateProxy.Path.CurrentLocation}> ");
            string? text = Console.In.ReadLine();
            while (text is not null && IsIncomplete(text))
            {
                Console.Out.Write(">> ");
                text = Console.In.ReadLine() is { } more ? text + "\n" + more : null;
            }

            if (text is null)
            {
                break;
            }

            Run(text);
        }

        return _host.ExitCode ?? 0;
    }

    public void Dispose() => _runspace.Dispose();

    private static bool IsIncomplete(string text)
    {
        System.Management.Automation.Language.Parser.ParseInput(text, out _, out var errors);
        return errors.Any(e => e.IncompleteInput);
    }

    /// <summary>Shows an error that ended a script through its view, on standard error.</summary>
    private void Report(ErrorRecord error)
    {
        using var shell = Invocation.Create(_runspace);
        var ui = (ShellUserInterface)_host.UI;
        ui.Diagnosing = true;
        shell.AddCommand("Out-Default").Invoke(new[] { error });
        ui.Diagnosing = false;
    }
}
