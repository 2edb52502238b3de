using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Importing;

/// <summary>Caffe networks on real pictures, from the prototxt to the offline image.</summary>
public sealed class CaffeQuantizedTests
{
    [AssetTheory]
    [InlineData("caffe/lenet/lenet.prototxt", "lenet_iter_9000.caffemodel", "data=1,1,28,28", "mnist", "GRAY", "0", "256", 20)]
    [InlineData("caffe/squeezenet_v1.1/deploy.prototxt", "squeezenet_v1.1.caffemodel", "data=1,3,227,227", "imagenet/calibration", "RGB", "123.675:116.28:103.53", "58.395:57.12:57.375", 15)]
    [InlineData("caffe/ultraface_rfb320/RFB-320.prototxt", "RFB-320.caffemodel", "input=1,3,240,320", "face", "RGB", "127", "128", 20)]
    [InlineData("caffe/wechat_sr/sr.prototxt", "sr.caffemodel", "data=1,1,96,96", "face", "GRAY", "0", "255", 20)]
    [InlineData("caffe/retinaface_mnet025/deploy.prototxt", "Widerface-RetinaFace.caffemodel", "data=1,3,192,192", "face", "BGR", "104:117:123", "1", 15)]
    public void IntegersFollowTheRealNumbersAndTheImageFollowsTheIntegers(string path, string weights, string shape, string images, string colour, string mean, string deviation, double leastDecibels)
    {
        string file = Assets.Model(path);
        string input = shape.Split('=')[0];
        ImmutableArray<int> sizes = [.. shape.Split('=')[1].Split(',').Select(s => int.Parse(s, System.Globalization.CultureInfo.InvariantCulture))];
        IpuModel plain = IpuEngine.Import(new ImportOptions(file)
        {
            WeightFile = Path.Combine(Path.GetDirectoryName(file)!, weights),
            InputShapes = new Dictionary<string, ImmutableArray<int>> { [input] = sizes },
        });
        string format = colour == "GRAY" ? "GRAY" : "BGRA";
        var text = $"[INPUT_CONFIG]\ninputs={input};\ntraining_input_formats={colour};\ninput_formats={format};\nquantizations=TRUE;\nmean={mean};\nstd_value={deviation};\n"
            + $"[OUTPUT_CONFIG]\noutputs={string.Join(',', plain.Graph.Outputs)};\ndequantizations={string.Join(',', plain.Graph.Outputs.Select(_ => "TRUE"))};\n";
        IpuModel model = plain with { InputConfig = InputConfig.Parse(text, "test.ini") };
        ImmutableArray<string> some = [.. Files(images).Take(6)];
        IpuModel quantized;
        using (FileSampleSource samples = SampleSources.Open(model, new SampleSourceOptions(some)))
        {
            quantized = IpuEngine.Calibrate(model, new CalibrationOptions(samples) { Level = CalibrationLevel.L2 });
        }

        IReadOnlyDictionary<string, Tensor> real = First(model, some);
        IReadOnlyDictionary<string, Tensor> integers = First(quantized, some);
        IReadOnlyDictionary<string, Tensor> offline = First(IpuEngine.Compile(quantized, new CompileOptions()), some);
        foreach (string output in model.Graph.Outputs)
        {
            Assert.True(integers[output].Bytes.SequenceEqual(offline[output].Bytes), output);
            double decibels = Sqnr(real[output].ToFloats(), integers[output].ToFloats());
            Assert.True(decibels >= leastDecibels, $"{output}: {decibels:0.0} dB");
        }
    }

    private static IReadOnlyDictionary<string, Tensor> First(IpuModel model, ImmutableArray<string> images)
    {
        using FileSampleSource samples = SampleSources.Open(model, new SampleSourceOptions([images[0]]));
        return Assert.Single(IpuEngine.Run(model, new RunOptions(samples))).Outputs;
    }

    private static IEnumerable<string> Files(string images) => Directory.EnumerateFiles(Path.Combine(Assets.Root!, "images", images), "*.*", SearchOption.AllDirectories)
        .Where(f => Path.GetExtension(f) is ".jpg" or ".png").Order(StringComparer.Ordinal);

    private static double Sqnr(float[] signal, float[] other)
    {
        double power = signal.Sum(v => (double)v * v);
        double noise = signal.Zip(other).Sum(p => Math.Pow(p.First - p.Second, 2));
        return 10 * Math.Log10(power / Math.Max(noise, 1e-30));
    }
}
