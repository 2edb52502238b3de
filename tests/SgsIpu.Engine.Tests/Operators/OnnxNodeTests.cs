using SgsIpu.Core;

namespace SgsIpu.Engine.Tests.Operators;

/// <summary>
/// The node tests of the ONNX standard through import and float execution. <c>onnx-node-tests.txt</c> lists those of our operators; left out
/// are operator sets below 7, tensors that are no images where images are needed, training modes, 16-bit floats, strings and sequences,
/// optional second outputs, and cubic resizing.
/// </summary>
public sealed class OnnxNodeTests
{
    /// <summary>A power of two tensors has no fixed form, and says so.</summary>
    private static readonly string[] VariablePowers = ["test_pow", "test_pow_bcast_array", "test_pow_example", "test_pow_types_float32_int32", "test_pow_types_float32_int64", "test_pow_types_int"];

    public static TheoryData<string> Names => [.. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Operators", "onnx-node-tests.txt"))];

    [OnnxNodeTheory]
    [MemberData(nameof(Names))]
    public void ANodeComputesWhatTheStandardSays(string name) => Assert.Null(OnnxTestCase.Fault(name));

    /// <summary>Each case is calibrated on its own input. Logits of 10 000 leave INT16 few steps for a softmax; all others are above 46 dB.</summary>
    [OnnxNodeTheory]
    [MemberData(nameof(Names))]
    public void ItsFixedFormFollows(string name)
    {
        if (VariablePowers.Contains(name))
        {
            Assert.Equal("FixedNotSupported", Assert.Throws<IpuException>(() => OnnxTestCase.FixedDecibels(name)).ErrorId);
            return;
        }

        Assert.InRange(OnnxTestCase.FixedDecibels(name) ?? double.PositiveInfinity, name.EndsWith("softmax_large_number", StringComparison.Ordinal) ? 28 : 46, double.PositiveInfinity);
    }

    [OnnxNodeFact]
    public void TheListIsSortedAndEveryNameIsThere()
    {
        string[] names = [.. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Operators", "onnx-node-tests.txt"))];
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.All(names, n => Assert.True(Directory.Exists(Path.Combine(OnnxTestCase.Folder!, n)), n));
    }
}
