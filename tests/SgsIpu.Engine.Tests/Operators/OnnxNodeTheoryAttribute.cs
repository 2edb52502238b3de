namespace SgsIpu.Engine.Tests.Operators;

/// <summary>A theory that needs the ONNX node tests (Debian: libonnx-testdata).</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OnnxNodeTheoryAttribute : TheoryAttribute
{
    public OnnxNodeTheoryAttribute()
    {
        if (OnnxTestCase.Folder is null)
        {
            Skip = "the ONNX node tests (package libonnx-testdata) are not here";
        }
    }
}
