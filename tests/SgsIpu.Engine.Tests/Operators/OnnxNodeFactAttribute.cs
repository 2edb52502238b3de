namespace SgsIpu.Engine.Tests.Operators;

/// <summary>A fact that needs the ONNX node tests.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OnnxNodeFactAttribute : FactAttribute
{
    public OnnxNodeFactAttribute()
    {
        if (OnnxTestCase.Folder is null)
        {
            Skip = "the ONNX node tests (package libonnx-testdata) are not here";
        }
    }
}
