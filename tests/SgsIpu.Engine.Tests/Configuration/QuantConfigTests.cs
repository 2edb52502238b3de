using SgsIpu.Core;
using SgsIpu.Engine.Configuration;

namespace SgsIpu.Engine.Tests.Configuration;

public sealed class QuantConfigTests
{
    private const string Guide =
        "QUANT_CONFIG:\n  retrain_iter_num: 40\n  device: 'cuda:0'\n  mixed_precisions: [4, 8]\n  use_preset_min_max_bit: 0\n  mp_rate: 0.6\n"
        + "PRESET_MIN_MAX_BIT: # preset tensor min/max and bit\n[\n{name: \"126\", min: null, max: null, bit: 8},\n{name: \"layer1.0.conv1.weight\", min: null, max: null, bit: 8}\n]\n";

    [Fact]
    public void TheExampleOfTheGuideIsRead()
    {
        QuantConfig config = QuantConfig.Parse(Guide, "q.yaml");
        Assert.Equal((40, "cuda:0", (4, 8), false, 0.6), (config.RetrainIterations, config.Device, config.MixedPrecisions!.Value, config.UsePresets, config.CompressionRate!.Value));
        Assert.Equal(["126", "layer1.0.conv1.weight"], config.Presets.Select(p => p.Tensor));
        Assert.All(config.Presets, p => Assert.Equal((0, 0, 8), (p.Min.Length, p.Max.Length, p.Bit)));
    }

    [Fact]
    public void TheGuidesRateIsRefusedWhereItCounts()
    {
        IpuException e = Assert.Throws<IpuException>(() => QuantConfig.Parse(Guide, "q.yaml").Mix());
        Assert.Equal("QuantConfigRate", e.ErrorId);
        Assert.Contains("q.yaml(6)", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "40 null null False null")]
    [InlineData("QUANT_CONFIG:\n  device:\n", "40 null null False null")]
    [InlineData("QUANT_CONFIG: {retrain_iter_num: 7, device: cpu, mixed_precisions: [8, 16]}\n", "7 cpu (8, 16) False null")]
    [InlineData("QUANT_CONFIG: {use_preset_min_max_bit: 1}\nPRESET_MIN_MAX_BIT: null\n", "40 null null True null")]
    public void WhatIsAbsentHasTheGuidesDefaults(string text, string expected)
    {
        QuantConfig c = QuantConfig.Parse(text, "q.yaml");
        Assert.Equal(expected, $"{c.RetrainIterations} {c.Device ?? "null"} {c.MixedPrecisions?.ToString() ?? "null"} {c.UsePresets} {c.CompressionRate?.ToString() ?? "null"}");
    }

    [Theory]
    [InlineData("retrain_iter_num: 40", "retrain_iter: 40", "QuantConfigKey", 2)]
    [InlineData("retrain_iter_num: 40", "retrain_iter_num: 0", "QuantConfigValue", 2)]
    [InlineData("retrain_iter_num: 40", "retrain_iter_num: 1.5", "QuantConfigValue", 2)]
    [InlineData("'cuda:0'", "'gpu'", "QuantConfigValue", 3)]
    [InlineData("[4, 8]", "[4, 16]", "QuantConfigValue", 4)]
    [InlineData("[4, 8]", "4", "QuantConfigValue", 4)]
    [InlineData("bit: 0", "bit: 2", "QuantConfigValue", 5)]
    [InlineData("mp_rate: 0.6", "mp_rate: 0.2", "QuantConfigValue", 6)]
    [InlineData("mp_rate: 0.6", "mp_rate: 1.1", "QuantConfigValue", 6)]
    [InlineData("mp_rate: 0.6", "mp_rate: NaN", "QuantConfigValue", 6)]
    [InlineData("PRESET_MIN_MAX_BIT:", "PRESETS:", "QuantConfigKey", 7)]
    [InlineData("name: \"126\", ", "", "QuantConfigKey", 9)]
    [InlineData("name: \"126\", min: null", "name: \"126\", min: 1", "QuantConfigValue", 9)]
    [InlineData("name: \"126\", min: null, max: null", "name: \"126\", min: 1, max: 0", "QuantConfigValue", 9)]
    [InlineData("name: \"126\", min: null, max: null, bit: 8", "name: \"126\", bit: 5", "QuantConfigValue", 9)]
    [InlineData("\"126\"", "\"layer1.0.conv1.weight\"", "QuantConfigValue", 10)]
    [InlineData("name: \"126\"", "nam: \"126\"", "QuantConfigKey", 9)]
    [InlineData("mp_rate: 0.6", "mp_rate: 0.6\n  mp_rate: 0.7", "QuantConfigSyntax", 7)]
    [InlineData("'cuda:0'", "'cuda:0", "QuantConfigSyntax", 0)]
    [InlineData("40", "&a 40\n  mp_rate: *a", "QuantConfigSyntax", 3)]
    public void WhatIsWrongIsNamedWithItsLine(string old, string replacement, string errorId, int line)
    {
        IpuException e = Assert.Throws<IpuException>(() => QuantConfig.Parse(Guide.Replace(old, replacement, StringComparison.Ordinal), "q.yaml"));
        Assert.Equal(errorId, e.ErrorId);
        Assert.Contains(line == 0 ? "q.yaml(" : $"q.yaml({line})", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DeepNestingIsRefusedBeforeAnythingRecurses() =>
        Assert.Equal("QuantConfigSyntax", Assert.Throws<IpuException>(() => QuantConfig.Parse("QUANT_CONFIG: " + new string('[', 400_000), "q.yaml")).ErrorId);

    [Theory]
    [InlineData(null, 0.35, 4, 8)]
    [InlineData(null, 0.5, 8, 16)]
    [InlineData(null, null, 4, 8)]
    [InlineData("[8, 16]", 1.0, 8, 16)]
    [InlineData("[8, 16]", null, 8, 16)]
    public void WidthsFollowTheRateWhereTheyAreNotNamed(string? widths, double? rate, int low, int high)
    {
        string text = FormattableString.Invariant($"QUANT_CONFIG: {{mixed_precisions: {widths}, mp_rate: {rate}}}");
        Assert.Equal((low, high, rate), QuantConfig.Parse(text, "q.yaml").Mix());
    }

    [Theory]
    [InlineData("[4, 8]", 0.5)]
    [InlineData("[8, 16]", 0.45)]
    public void ARateThatItsWidthsDoNotReachIsRefused(string widths, double rate) =>
        Assert.Equal("QuantConfigRate", Assert.Throws<IpuException>(() => QuantConfig.Parse(FormattableString.Invariant($"QUANT_CONFIG: {{mixed_precisions: {widths}, mp_rate: {rate}}}"), "q.yaml").Mix()).ErrorId);

    [Fact]
    public void RandomDamageGivesAnErrorOfOursOrAConfiguration()
    {
        var random = new Random(5);
        for (int i = 0; i < 3000; i++)
        {
            char[] text = Guide.ToCharArray();
            for (int n = random.Next(1, 6); n > 0; n--)
            {
                text[random.Next(text.Length)] = random.Next(4) == 0 ? (char)random.Next(0, 300) : Guide[random.Next(Guide.Length)];
            }

            try
            {
                Assert.NotNull(QuantConfig.Parse(new string(text, 0, random.Next(text.Length + 1)), "q.yaml"));
            }
            catch (IpuException e)
            {
                Assert.StartsWith("QuantConfig", e.ErrorId, StringComparison.Ordinal);
            }
        }
    }
}
