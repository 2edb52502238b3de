using System.Globalization;
using System.Management.Automation.Host;

namespace SgsIpu.Shell;

/// <summary>The console as PowerShell sees it.</summary>
internal sealed class ShellHost : PSHost
{
    /// <summary>What <c>exit</c> asked for; null until then.</summary>
    public int? ExitCode { get; private set; }

    public override string Name => "SgsIpu.Shell";

    public override Version Version { get; } = typeof(ShellHost).Assembly.GetName().Version!;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override PSHostUserInterface UI { get; } = new ShellUserInterface();

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    public override void EnterNestedPrompt() => throw new NotSupportedException("this host has no nested prompt");

    public override void ExitNestedPrompt() => throw new NotSupportedException("this host has no nested prompt");

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }
}
