using System.Management.Automation;
using SgsIpu.Core;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell;

/// <summary>Lets a path stand for the model in that file, so that a runbook may name files where a pipeline hands over objects.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ModelTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        ArgumentNullException.ThrowIfNull(engineIntrinsics);
        object value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is object[] several)
        {
            return several.Select(v => Transform(engineIntrinsics, v)).ToArray();
        }

        string? path = value switch
        {
            string text => engineIntrinsics.SessionState.Path.GetUnresolvedProviderPathFromPSPath(text),
            FileInfo file => file.FullName,
            _ => null,
        };
        if (path is null)
        {
            return inputData;
        }

        try
        {
            return IpuEngine.Import(new ImportOptions(path));
        }
        catch (IpuException e)
        {
            throw new ArgumentTransformationMetadataException(e.Message, e);
        }
    }
}
