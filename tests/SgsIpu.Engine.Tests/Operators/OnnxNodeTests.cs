namespace SgsIpu.Engine.Tests.Operators;

/// <summary>
/// The node tests of the ONNX standard through import and float execution. <c>onnx-node-tests.txt</c> lists those of our operators; left out
/// are operator sets below 7, tensors that are no images where images are needed, training modes, 16-bit floats, strings and sequences,
/// optional second outputs, and cubic resizing.
/// </summary>
public sealed class OnnxNodeTests
{
    public static TheoryData<string> Names => [.. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Operators", "onnx-node-tests.txt"))];

    [OnnxNodeTheory]
    [MemberData(nameof(Names))]
    public void ANodeComputesWhatTheStandardSays(string name) => Assert.Null(OnnxTestCase.Fault(name));

    [OnnxNodeFact]
    public void TheListIsSortedAndEveryNameIsThere()
    {
        string[] names = [.. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Operators", "onnx-node-tests.txt"))];
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.All(names, n => Assert.True(Directory.Exists(Path.Combine(OnnxTestCase.Folder!, n)), n));
    }
}
