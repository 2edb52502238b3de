using Microsoft.ML.OnnxRuntime;
using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Tests.Preprocessing;

namespace SgsIpu.Engine.Tests.Files;

/// <summary>Quantization made here, run by ONNX Runtime.</summary>
public sealed class QdqExportTests
{
    [Theory]
    [InlineData("")]
    [InlineData("ALL_INT16")]
    public void OnnxRuntimeComputesWhatTheFixedModelComputes(string format)
    {
        IpuModel model = format.Length == 0 ? SampleModel.Fixed : SampleModel.Calibrate(SampleModel.With(t => t + $"\n[CONV_CONFIG]\ninput_format={format}\n"), CalibrationLevel.L1, 2);
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "qdq.onnx");
        IpuEngine.Export(model, file, ModelFormat.Onnx);
        using var session = new InferenceSession(file);
        using FileSampleSource real = SampleModel.Open(SampleModel.Float, "evaluation");
        using FileSampleSource board = SampleModel.Open(model, "evaluation");
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        double signal = 0;
        double noise = 0;
        int same = 0;
        for (int i = 0; i < real.Count; i++)
        {
            Tensor input = real.Read(i, true, CancellationToken.None).Inputs[0];
            using OrtValue value = OrtValue.CreateTensorValueFromMemory(input.ToFloats(), [.. input.Shape.Select(d => (long)d)]);
            using var options = new Microsoft.ML.OnnxRuntime.RunOptions();
            using IDisposableReadOnlyCollection<OrtValue> result = session.Run(options, ["image"], [value], ["logits"]);
            float[] theirs = result[0].GetTensorDataAsSpan<float>().ToArray();
            float[] ours = runner.Run(new Dictionary<string, Tensor> { ["image"] = board.Read(i, false, CancellationToken.None).Inputs[0] }, CancellationToken.None)["logits"].ToFloats();
            same += Best(theirs) == Best(ours) ? 1 : 0;
            foreach ((float a, float b) in ours.Zip(theirs))
            {
                signal += (double)a * a;
                noise += Math.Pow((double)a - b, 2);
            }
        }

        // Halves round to even there and up here, and sums are floats: a step here and there.
        Assert.InRange(10 * Math.Log10(signal / noise), format.Length == 0 ? 30 : 55, double.PositiveInfinity);
        Assert.InRange(same, real.Count - 1, real.Count);
    }

    private static int Best(float[] logits) => Array.IndexOf(logits, logits.Max());
}
