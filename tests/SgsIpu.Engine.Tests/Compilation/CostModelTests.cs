using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Tests.Preprocessing;

namespace SgsIpu.Engine.Tests.Compilation;

public sealed class CostModelTests
{
    private static readonly IpuModel Fixed = SampleModel.Fixed;

    [Fact]
    public void CommandsAddUpToTheModel()
    {
        IpuModelCost cost = IpuEngine.Measure(Fixed, "pcupid");
        Assert.Equal(Fixed.Nodes.Length, cost.Commands.Length);
        Assert.Equal(cost.Cycles, cost.Commands.Sum(c => c.Cycles), 1e-6 * cost.Cycles);
        Assert.Equal(cost.Macs, cost.Commands.Sum(c => c.Macs));
        Assert.Equal(1, cost.Commands.Sum(c => c.Share), 1e-9);
        Assert.InRange(cost.Commands.Sum(c => c.DramBytes), cost.DramBytes - Fixed.Nodes.Length, cost.DramBytes);
        Assert.All(cost.Commands, c => Assert.InRange(c.Utilization, 0, 1));
        Assert.True(cost.Estimate);
    }

    [Fact]
    public void MemoryTrafficIsAtLeastInputsOutputsAndConstants()
    {
        IpuModelCost cost = IpuEngine.Measure(Fixed);
        long least = Fixed.Inputs.Sum(i => i.ByteCount) + Fixed.Outputs.Sum(o => o.ByteCount) + Fixed.Tensors.Where(t => t.IsConstant).Sum(t => t.ByteCount);
        Assert.InRange(cost.DramBytes, least, long.MaxValue);
    }

    [Fact]
    public void AFasterChipTakesNoLongerAndLessMemoryMovesNoLess()
    {
        using var folder = new TemporaryFolder();
        IpuModelCost usual = IpuEngine.Measure(Fixed, Profile(folder, "usual", ""));
        Assert.InRange(IpuEngine.Measure(Fixed, Profile(folder, "wide", "\"macs8PerCycle\": 4096, \"macs16PerCycle\": 1024")).Cycles, 0, usual.Cycles);
        Assert.InRange(IpuEngine.Measure(Fixed, Profile(folder, "dram", "\"dramBytesPerCycle\": 64")).Cycles, 0, usual.Cycles);
        IpuModelCost small = IpuEngine.Measure(Fixed, Profile(folder, "small", "\"sramKiB\": 8"));
        Assert.InRange(small.DramBytes, usual.DramBytes, long.MaxValue);
        Assert.True(small.Commands.Max(c => c.Stripes) > 1);
    }

    [Theory]
    [InlineData("{ \"name\": \"x\", \"generation\": \"newer\", \"sramKb\": 3 }", "sramKb")]
    [InlineData("{ \"name\": \"x\", \"generation\": \"newest\" }", "newest")]
    [InlineData("{ \"name\": \"x\", \"generation\": \"newer\", \"sramKiB\": -1 }", "sramKiB")]
    [InlineData("{ \"generation\": \"newer\" }", "name")]
    [InlineData("[]", "object")]
    [InlineData("{", "line")]
    public void AProfileThatIsWrongSaysWhere(string json, string named)
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "chip.json");
        File.WriteAllText(file, json);
        IpuException e = Assert.Throws<IpuException>(() => SocProfile.Of(file));
        Assert.Equal("SocProfile", e.ErrorId);
        Assert.Contains(named, e.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void AProfileOfOnesOwnMarksOnlyWhatItLeavesOpenAsEstimate()
    {
        using var folder = new TemporaryFolder();
        SocProfile soc = SocProfile.Of(Profile(folder, "mine", "\"clockMHz\": { \"value\": 1000, \"source\": \"data sheet\" }, \"sramKiB\": 64"));
        Assert.Equal(("mine", SocGeneration.Older), (soc.Name, soc.Generation));
        Assert.Equal(new SocFigure(1000, false, "data sheet"), soc.Figures.ClockMHz);
        Assert.Equal((64.0, false), (soc.Figures.SramKiB.Value, soc.Figures.SramKiB.Estimate));
        Assert.True(soc.Figures.DramBytesPerCycle.Estimate);
    }

    [Fact]
    public void AFloatModelHasNoCost() =>
        Assert.Equal("WrongStage", Assert.Throws<IpuException>(() => IpuEngine.Measure(SampleModel.Float)).ErrorId);

    private static string Profile(TemporaryFolder folder, string name, string figures)
    {
        string file = Path.Combine(folder.Path, name + ".json");
        File.WriteAllText(file, $"{{ \"name\": \"{name}\", \"generation\": \"older\", {figures} }}");
        return file;
    }
}
