using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace SgsIpu.Shell;

/// <summary>Results to standard output; errors, warnings, verbose text and progress to standard error.</summary>
internal sealed class ShellUserInterface : PSHostUserInterface
{
    private int _progressWidth;

    public override PSHostRawUserInterface RawUI { get; } = new ShellRawUserInterface();

    public override bool SupportsVirtualTerminal => !Console.IsOutputRedirected;

    public override string ReadLine() => Console.In.ReadLine() ?? "";

    public override void Write(string value)
    {
        ClearProgress();
        TextWriter target = Diagnosing ? Console.Error : Console.Out;
        target.Write(GetOutputString(value, SupportsVirtualTerminal && !(Diagnosing && Console.IsErrorRedirected)));
    }

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

    public override void WriteLine(string value) => Write(value + Environment.NewLine);

    /// <summary>True while what is written is an error that ended a script.</summary>
    public bool Diagnosing { get; set; }

    public override void WriteErrorLine(string value) => WriteDiagnostic(value);

    public override void WriteDebugLine(string message) => WriteDiagnostic("DEBUG: " + message);

    public override void WriteVerboseLine(string message) => WriteDiagnostic("VERBOSE: " + message);

    public override void WriteWarningLine(string message) => WriteDiagnostic("WARNING: " + message);

    /// <summary>One line that is written over; nothing where standard error is a file.</summary>
    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        if (Console.IsErrorRedirected)
        {
            return;
        }

        if (record.RecordType == ProgressRecordType.Completed)
        {
            ClearProgress();
            return;
        }

        string percent = record.PercentComplete < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" {record.PercentComplete} %");
        string left = record.SecondsRemaining < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {record.SecondsRemaining} s left");
        string line = $"{record.Activity}: {record.StatusDescription}{percent}{left}";
        line = line[..Math.Min(line.Length, RawUI.BufferSize.Width - 1)];
        Console.Error.Write("\r" + line.PadRight(_progressWidth));
        _progressWidth = line.Length;
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        string[] labels = [.. choices.Select(c => c.Label.Replace("&", "", StringComparison.Ordinal))];
        while (true)
        {
            WriteLine($"{caption}\n{message}");
            Write($"{string.Join(" / ", labels)} [{(defaultChoice < 0 ? "" : labels[defaultChoice])}]: ");
            string? answer = Console.In.ReadLine()?.Trim();
            if (string.IsNullOrEmpty(answer))
            {
                // No default and no one there to ask: the last choice, which PowerShell's own prompts make the refusing one.
                return defaultChoice >= 0 ? defaultChoice : choices.Count - 1;
            }

            int index = Array.FindIndex(labels, l => l.StartsWith(answer, StringComparison.OrdinalIgnoreCase));
            if (index >= 0)
            {
                return index;
            }
        }
    }

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        if (Console.IsInputRedirected)
        {
            throw new HostException($"a value is needed for {string.Join(", ", descriptions.Select(d => d.Name))}, and there is no console to ask for it");
        }

        var answers = new Dictionary<string, PSObject>();
        foreach (FieldDescription field in descriptions)
        {
            Write($"{field.Name}: ");
            answers[field.Name] = PSObject.AsPSObject(ReadLine());
        }

        return answers;
    }

    public override SecureString ReadLineAsSecureString() => throw new NotSupportedException("this host reads no secrets");

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        throw new NotSupportedException("this host reads no credentials");

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) =>
        throw new NotSupportedException("this host reads no credentials");

    private void WriteDiagnostic(string value)
    {
        ClearProgress();
        Console.Error.WriteLine(GetOutputString(value, SupportsVirtualTerminal && !Console.IsErrorRedirected));
    }

    private void ClearProgress()
    {
        if (_progressWidth > 0)
        {
            Console.Error.Write("\r" + new string(' ', _progressWidth) + "\r");
            _progressWidth = 0;
        }
    }
}
