namespace SgsIpu.Engine.Tests.Operators;

/// <summary>A fact that needs the ONNX tests.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OnnxSuiteFactAttribute : FactAttribute
{
    public OnnxSuiteFactAttribute()
    {
        if (OnnxTestCase.Root is null)
        {
            Skip = "the ONNX tests (package libonnx-testdata) are not here";
        }
    }
}
