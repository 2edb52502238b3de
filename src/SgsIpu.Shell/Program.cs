using System.Management.Automation.Runspaces;
using System.Text.RegularExpressions;

namespace SgsIpu.Shell;

/// <summary>Runs a script, a command or a prompt with the SgsIpu module loaded, where <c>pwsh</c> is not installed.</summary>
internal static partial class Program
{
    private const string Usage = """
        usage: sgsipu -File script.ps1 [arguments]   run a script
               sgsipu -Command text                  run a command
               sgsipu                                open a prompt (exit leaves it)
        """;

    // As pwsh -Command: the exit code tells whether the last statement had an error, terminating or not.
    private const string FailsWithItsLastStatement = "\nif (-not $?) { exit 1 }";

    private static int Main(string[] args)
    {
        if (args is ["-?" or "-h" or "-Help" or "--help", ..])
        {
            Console.Out.WriteLine(Usage);
            return 0;
        }

        string? module = FindModule(AppContext.BaseDirectory);
        if (module is null)
        {
            Console.Error.WriteLine($"sgsipu: SgsIpu.psd1 is neither in {AppContext.BaseDirectory} nor in a folder above it");
            return 1;
        }

        using var session = new Session(new ShellHost());
        int imported = session.Run($"Import-Module {Quote(module)} -ErrorAction Stop");
        return imported != 0 ? imported : args switch
        {
            [] => session.Prompt(),
            [var option, var file, .. var rest] when Is(option, "-File") => RunFile(session, file, rest),
            [var option, .. var words] when Is(option, "-Command", "-c") && words.Length > 0 => session.Run(string.Join(' ', words) + FailsWithItsLastStatement),
            [var file, .. var rest] when file.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase) => RunFile(session, file, rest),
            _ => Refuse(),
        };
    }

    private static int RunFile(Session session, string file, string[] arguments)
    {
        if (!File.Exists(file))
        {
            Console.Error.WriteLine($"sgsipu: there is no script '{file}'");
            return 1;
        }

        // A word that starts with a dash names a parameter, any other is a value, as on pwsh's own command line.
        IEnumerable<string> words = arguments.Select(a => ParameterName().IsMatch(a) ? a : Quote(a));
        return session.Run($"& {Quote(Path.GetFullPath(file))} {string.Join(' ', words)}\nif (-not $? -and $LASTEXITCODE) {{ exit $LASTEXITCODE }}");
    }

    private static int Refuse()
    {
        Console.Error.WriteLine(Usage);
        return 1;
    }

    private static string? FindModule(string folder)
    {
        for (string? at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            string candidate = Path.Combine(at, "SgsIpu.psd1");
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }

    private static bool Is(string option, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (option.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static string Quote(string text) => "'" + System.Management.Automation.Language.CodeGeneration.EscapeSingleQuotedStringContent(text) + "'";

    [GeneratedRegex(@"^-[A-Za-z_]\w*(:\$(true|false))?$")]
    private static partial Regex ParameterName();
}
