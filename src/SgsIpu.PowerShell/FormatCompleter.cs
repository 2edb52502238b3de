using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace SgsIpu.PowerShell;

/// <summary>Completes formats of inputs.</summary>
public sealed class FormatCompleter : IArgumentCompleter
{
    private static readonly string[] Trained = ["RGB", "BGR", "GRAY", "RAWDATA_U8_NHWC", "RAWDATA_S16_NHWC", "RAWDATA_F32_NHWC", "RAWDATA_U16_NHWC"];
    private static readonly string[] Delivered = ["RGBA", "BGRA", "YUV_NV12"];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        (parameterName == "TrainingFormat" ? Trained : [.. Trained, .. Delivered]).Where(f => f.StartsWith(wordToComplete ?? "", StringComparison.OrdinalIgnoreCase)).Select(f => new CompletionResult(f));
}
