using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Quantization;

public sealed class ExpectedSqnrTests
{
    [Theory]
    [InlineData(CalibrationLevel.L1)]
    [InlineData(CalibrationLevel.L3)]
    public void WhatIsExpectedOfATensorIsWhatItsIntegersLeave(CalibrationLevel level)
    {
        IpuModel model = SampleModel.Calibrate(SampleModel.Float, level, 2);
        TensorDetail[] known = [.. IpuEngine.TensorDetails(model).Where(t => double.IsFinite(t.Sqnr) && SampleModel.Float.Graph.Tensors.ContainsKey(t.FloatTensor))];
        Assert.Contains(known, t => t.Bit == 8);
        Assert.Contains(known, t => t.Bit == 16);
        var signal = new double[known.Length];
        var noise = new double[known.Length];
        using FileSampleSource samples = SampleModel.Open(SampleModel.Float, "calibration");
        using IModelRunner runner = IpuEngine.OpenRunner(SampleModel.Float, [.. known.Select(t => t.FloatTensor).Distinct()]);
        for (int s = 0; s < samples.Count; s++)
        {
            Dictionary<string, Tensor> inputs = SampleModel.Float.Graph.Inputs.Zip(samples.Read(s, true, default).Inputs).ToDictionary(p => p.First, p => p.Second);
            IReadOnlyDictionary<string, Tensor> values = runner.Run(inputs, default);
            for (int k = 0; k < known.Length; k++)
            {
                float[] x = values.TryGetValue(known[k].FloatTensor, out Tensor? value) ? value.ToFloats() : inputs[known[k].FloatTensor].ToFloats();
                int channels = known[k].Scale.Length;
                (int low, int high) = known[k].Bit == 8 ? (0, 255) : (-32767, 32767);
                for (int i = 0; i < x.Length; i++)
                {
                    double scale = known[k].Scale[i % channels];
                    int zero = known[k].ZeroPoint + (known[k].Offsets.IsEmpty ? 0 : known[k].Offsets[i % channels]);
                    double rounded = scale * (Math.Clamp(Math.Round(x[i] / scale) + zero, low, high) - zero);
                    signal[k] += (double)x[i] * x[i];
                    noise[k] += (x[i] - rounded) * (x[i] - rounded);
                }
            }
        }

        // Of 16 bits by channel it is not known which channels have the zeros, which round to nothing: less is promised than comes.
        Assert.All(
            known.Select((t, k) => (t, Seen: 10 * Math.Log10(signal[k] / noise[k]))),
            p => Assert.InRange(p.t.Sqnr, p.Seen - (p.t is { Bit: 16, Scale.Length: > 1 } ? 6 : 2), p.Seen + 2));
    }

    [Fact]
    public void ItIsNotKnownOfConstantsAndFloatModels()
    {
        Assert.All(IpuEngine.TensorDetails(SampleModel.Fixed).Where(t => t.Kind == "Constant"), t => Assert.True(double.IsNaN(t.Sqnr)));
        Assert.All(IpuEngine.TensorDetails(SampleModel.Float), t => Assert.True(double.IsNaN(t.Sqnr)));
    }
}
