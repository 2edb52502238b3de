using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell;

/// <summary>Completes names of chips.</summary>
public sealed class SocCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        SocProfile.All.Where(s => s.Name.StartsWith(wordToComplete ?? "", StringComparison.OrdinalIgnoreCase))
            .Select(s => new CompletionResult(s.Name, s.Name, CompletionResultType.ParameterValue, $"{s.Name}: {s.Generation} generation"));
}
