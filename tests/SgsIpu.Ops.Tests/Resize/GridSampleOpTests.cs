using SgsIpu.Core;
using SgsIpu.Kernels;

namespace SgsIpu.Ops.Tests;

/// <summary>Sampling at a grid: as lifted against ONNX Runtime, and integers against the float form.</summary>
public sealed class GridSampleOpTests
{
    public static TheoryData<string, string, bool> Forms
    {
        get
        {
            var forms = new TheoryData<string, string, bool>();
            foreach (string mode in (string[])["linear", "nearest", "cubic"])
            {
                foreach (string padding in (string[])["zeros", "border", "reflection"])
                {
                    forms.Add(mode, padding, false);
                    forms.Add(mode, padding, true);
                }
            }

            return forms;
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void PlacesAreThoseOfTheStandard(string mode, string padding, bool align) =>
        new LiftHarness("GridSample", 20).Input(Samples.Uniform(1, -1, 1, 2, 3, 5, 7)).Input(Samples.Uniform(2, -2.5, 2.5, 2, 4, 6, 2))
            .Attribute("mode", mode).Attribute("padding_mode", padding).Attribute("align_corners", align ? 1L : 0L)
            .AssertSame(1e-5);

    [Theory]
    [MemberData(nameof(Forms))]
    public void IntegersFollowTheFloatForm(string mode, string padding, bool align)
    {
        var op = new GridSampleOp(Enum.Parse<GridSampling>(mode, ignoreCase: true), Enum.Parse<GridPadding>(padding, ignoreCase: true), align);
        FixedOutcome outcome = new OperatorHarness(op).Activation(Samples.Uniform(3, -1, 1, 2, 5, 7, 3)).Activation(Samples.Uniform(4, -1.5, 1.5, 2, 4, 6, 2)).RunFixed(DataType.Int16, DataType.Int16);

        // A place just between two pixels may fall to either, which only a nearest neighbour shows.
        Assert.True(outcome.Decibels >= 60, $"{outcome.Decibels:F1} dB");
    }
}
