using SgsIpu.Engine.Tests.Preprocessing;

namespace SgsIpu.Engine.Tests.Importing;

/// <summary>A theory whose expectations Python computes; reports that it did not run where no Python has the modules.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonTheoryAttribute : TheoryAttribute
{
    public PythonTheoryAttribute(params string[] modules)
    {
        if (PythonFactAttribute.Find(modules) is null)
        {
            Skip = $"no Python here has the modules {string.Join(", ", modules)}";
        }
    }
}
