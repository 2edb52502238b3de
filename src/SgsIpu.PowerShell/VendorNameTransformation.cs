using System.Management.Automation;

namespace SgsIpu.PowerShell;

/// <summary>Takes names of a choice as the vendor spells them: <c>one_buf</c> is <c>OneBuf</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class VendorNameTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is string name ? name.Replace("_", "", StringComparison.Ordinal) : inputData;
}
