namespace SgsIpu.Engine.Tests.Operators;

/// <summary>A theory that needs the ONNX tests (Debian: libonnx-testdata).</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OnnxSuiteTheoryAttribute : TheoryAttribute
{
    public OnnxSuiteTheoryAttribute()
    {
        if (OnnxTestCase.Root is null)
        {
            Skip = "the ONNX tests (package libonnx-testdata) are not here";
        }
    }
}
