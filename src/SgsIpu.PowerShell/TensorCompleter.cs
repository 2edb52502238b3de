using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using SgsIpu.Core;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell;

/// <summary>Completes names of tensors of the model that the command line names by a variable.</summary>
public sealed class TensorCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(commandAst);
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        IpuModel? model = Model(fakeBoundParameters["Model"]) ?? Model(First(commandAst));
        string word = (wordToComplete ?? "").Trim('\'', '"');
        return (model?.Tensors ?? []).Where(t => t.Name.StartsWith(word, StringComparison.OrdinalIgnoreCase)).OrderBy(t => t.Name, StringComparer.Ordinal).Select(Completion);
    }

    private static CompletionResult Completion(TensorSpec tensor) =>
        new(tensor.Name.All(c => char.IsLetterOrDigit(c) || c is '_' or '/' or '-' or '.') ? tensor.Name : $"'{tensor.Name.Replace("'", "''", StringComparison.Ordinal)}'", tensor.Name, CompletionResultType.ParameterValue, tensor.ToString());

    /// <summary>Fast enough to do at a key press: variables, not files, which would have to be read.</summary>
    private static IpuModel? Model(object? value) => value is PSObject wrapped ? wrapped.BaseObject as IpuModel : value as IpuModel;

    /// <summary>The value of the variable that the pipeline of a command begins with, or that its parameter -Model is given.</summary>
    private static object? First(CommandAst command)
    {
        VariableExpressionAst? variable = command.Parent is PipelineAst { PipelineElements: [CommandExpressionAst { Expression: VariableExpressionAst first }, ..] }
            ? first
            : command.CommandElements.OfType<VariableExpressionAst>().FirstOrDefault();
        if (variable is null || variable.VariablePath.UserPath.AsSpan().ContainsAny('}', '`'))
        {
            return null;
        }

        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        return shell.AddScript($"${{{variable.VariablePath.UserPath}}}").Invoke().FirstOrDefault();
    }
}
