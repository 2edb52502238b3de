using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Quantization;

public sealed class CostBudgetTests
{
    private static readonly IpuModelCost Bytes = IpuEngine.Measure(Calibrate(SampleModel.With(t => t + "\n[CONV_CONFIG]\ninput_format=ALL_UINT8\n"), CalibrationLevel.L1, null));

    [Theory]
    [InlineData(1.1)]
    [InlineData(1.5)]
    [InlineData(4.0)]
    public void NoModelCostsMoreThanItMay(double times)
    {
        IpuModelCost cost = IpuEngine.Measure(Calibrate(SampleModel.Float, CalibrationLevel.L5, new CostBudget(times * Bytes.Cycles, null)));
        Assert.InRange(cost.Cycles, 0, times * Bytes.Cycles);
        IpuModelCost traffic = IpuEngine.Measure(Calibrate(SampleModel.Float, CalibrationLevel.L4, new CostBudget(null, (long)(times * Bytes.DramBytes))));
        Assert.InRange(traffic.DramBytes, 0, (long)(times * Bytes.DramBytes));
    }

    [Fact]
    public void ALargerBudgetGivesNoFewerBits()
    {
        int[] wide = [.. new[] { 1.02, 1.3, 6.0 }.Select(times => Wide(Calibrate(SampleModel.Float, CalibrationLevel.L5, new CostBudget(times * Bytes.Cycles, null))))];
        Assert.Equal(wide.Order(), wide);
        Assert.True(wide[^1] > wide[0]);
    }

    [Fact]
    public void ABudgetThatIsTooSmallOrUnusedIsRefused()
    {
        Assert.Equal("BudgetTooSmall", Assert.Throws<IpuException>(() => Calibrate(SampleModel.Float, CalibrationLevel.L5, new CostBudget(0.5 * Bytes.Cycles, null))).ErrorId);
        Assert.Equal("BudgetUnused", Assert.Throws<IpuException>(() => Calibrate(SampleModel.Float, CalibrationLevel.L2, new CostBudget(1e9, null))).ErrorId);
    }

    private static int Wide(IpuModel model) => model.Nodes.Count(n => n.Op is Ops.ImageConvolutionOp or Ops.FullyConnectedOp && model.Graph[n.Inputs[0]].Type == DataType.Int16);

    private static IpuModel Calibrate(IpuModel model, CalibrationLevel level, CostBudget? budget)
    {
        using FileSampleSource samples = SampleModel.Open(model, "calibration");
        return IpuEngine.Calibrate(model, new CalibrationOptions(samples) { Level = level, Budget = budget });
    }
}
