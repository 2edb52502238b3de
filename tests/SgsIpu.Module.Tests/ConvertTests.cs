using System.Management.Automation;
using System.Text;

namespace SgsIpu.Module.Tests;

/// <summary>From the file of each framework to an image in one go, with small networks that are written here.</summary>
[Collection(ModuleCollection.Name)]
public sealed class ConvertTests(ModuleFixture module)
{
    private const string Prototxt = """
        input: 'x' input_dim: 1 input_dim: 3 input_dim: 12 input_dim: 12
        layer { name: 'conv' type: 'Convolution' bottom: 'x' top: 'conv' convolution_param { num_output: 4 kernel_size: 3 stride: 2 } }
        layer { name: 'relu' type: 'ReLU' bottom: 'conv' top: 'conv' }
        layer { name: 'pool' type: 'Pooling' bottom: 'conv' top: 'y' pooling_param { pool: AVE global_pooling: true } }
        """;

    /// <summary>A convolution of 4 filters of 3×2 by steps of 2 over [1, 7, 6, 3], SAME, with ReLU6: the case "CONV_2D same" of the engine's tests.</summary>
    private const string TfLite = """
        JAAAAFRGTDMAAAAAAAAAAAAAEgAcABgAFAAQAAwACAAAAAQAEgAAACwAAADIAQAAEAAAACQAAACYAQAAAwAAAAwAAABDT05WXzJEIHNhbWUAAAAAAAAAAAEAAAAUAAAAAAAOABgAFAAQAAwACAAEAA
        4AAAAUAAAALAAAABgAAAAcAAAAjAAAAAQAAABtYWluAAAAAAEAAAADAAAAAQAAAAAAAAABAAAAFAAAAAAADgAUAAAAEAAMAAsABAAOAAAAIAAAAAAAAAEwAAAANAAAABAAGAAAABQAEAAPAAgABAAQ
        AAAAAQAAAAEAAAAAAAADAgAAAAIAAAABAAAAAwAAAAMAAAAAAAAAAQAAAAIAAAAEAAAAlAAAAFgAAAAoAAAABAAAAIj///8IAAAAEAAAAAQAAABvdXQwAAAAAAEAAAABAAAA4P///wwAAAACAAAADA
        AAAAIAAABjMwAAAQAAAAQAAAAMABAADAAAAAgABAAMAAAADAAAAAEAAAAMAAAAAgAAAGMyAAAEAAAABAAAAAMAAAACAAAAAwAAAAwADAAIAAAAAAAEAAwAAAAIAAAADAAAAAMAAABpbjAABAAAAAEA
        AAAHAAAABgAAAAMAAAABAAAAEAAAAAwAEAAPAAAACAAEAAwAAAADAAAAAQAAAAAAAAMDAAAAdAEAADgAAAAEAAAA1v///wQAAAAQAAAAZnCbv3JDpT9WKLG/dICTvgAAAAAAAAAAAAAAAAAABgAIAA
        QABgAAAAQAAAAgAQAAjCgyP6CH8D24UDi+giiSv82mtr8Aei2/RLi2vuxXAz+OzKI/yADavj6xhD9wyew/qtaKP5aKgr9Arx0/nv+lv9wzET/o2eo+Vp2MPz440D+MAKQ/DC+PvtsMq7+cUWk/enmb
        PxwQF78goXA+hJPUPzWO7b9kBIK/OKlvP0C9wL+igqU/xd7Uv0S0qL/sG7a/gHqVvwAsez7UWIg/eMgvv7gC8D/qoKI/hvSsP/BSTz4kZi4/DBc9v4QkzD8z87i/bF/gP8A6uz3cjVI/GmG9P0Gxyr
        9ksaa+WJr/Pvgfg79U1Qu/NJpoP/CHtr5A4ZQ/3C6LP0BlkLyo6Lw+yEOTPmRWIz/83Ao/Mrm4v9xqPz9S1tm/gHEePeJ67z+Ty9a/AAAAAAAAAAAEAAQABAAAAA==
        """;

    [Theory]
    [InlineData("net.onnx", "image", "logits", "")]
    [InlineData("net.prototxt", "x", "y", "-weight_file $out/weights.caffemodel")]
    [InlineData("net.tflite", "in0", "out0", "")]
    [InlineData("net.pb", "x", "y", "-input_shapes 1,12,12,3")]
    public void ANetworkBecomesAnImageThatComputesWhatItsFixedModelDoes(string file, string input, string output, string more)
    {
        Write(file);
        string ini = $"[INPUT_CONFIG]\ninputs={input};\ntraining_input_formats=RGB;\ninput_formats=BGR;\nquantizations=TRUE;\nmean=118:114:110;\nstd_value=58:57:59;\n[OUTPUT_CONFIG]\noutputs={output};\ndequantizations=TRUE;\n";
        File.WriteAllText(Path.Combine(module.Output, "net.ini"), ini);
        string name = Path.GetExtension(file)[1..];
        string[] written =
        [
            .. module.Run($"ConvertTo-IpuOffline -model_file $out/{file} {more} -i $sample/calibration -input_config $out/net.ini -quant_level L2 -output_file $out/{name}.img -export_models -Force")
                .Select(f => ((FileInfo)f.BaseObject).Name).Order(StringComparer.Ordinal),
        ];
        Assert.Equal([$"{name}.img", $"{name}_fixed.sim", $"{name}_float.sim"], written);
        float[] real = Run($"{name}_float.sim");
        float[] integers = Run($"{name}_fixed.sim");
        Assert.Equal(integers, Run($"{name}.img"));
        double noise = real.Zip(integers).Sum(p => Math.Pow(p.First - p.Second, 2));
        Assert.InRange(10 * Math.Log10(real.Sum(v => Math.Pow(v, 2)) / noise), 18, 100);
    }

    /// <summary>A kernel of more taps than the hardware has is split, which Test-IpuModel says.</summary>
    [Fact]
    public void ALargeKernelIsSplit()
    {
        string large = Prototxt.Replace("input_dim: 12 input_dim: 12", "input_dim: 24 input_dim: 12", StringComparison.Ordinal).Replace("kernel_size: 3", "kernel_h: 20 kernel_w: 8", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(module.Output, "large.prototxt"), large);
        File.WriteAllBytes(Path.Combine(module.Output, "large.caffemodel"), Caffemodel(20, 8));
        PSObject[] rows = [.. module.Run("$large = Import-IpuModel $out/large.prototxt; $large | Test-IpuModel -SocVersion pcupid -Exceeded")];
        PSObject row = Assert.Single(rows, r => ((string)r.Properties["Limit"].Value).Contains("below 64", StringComparison.Ordinal));
        Assert.Equal("Split", row.Properties["Action"].Value.ToString());
        Assert.Equal("20×8, in 3 parts", row.Properties["Found"].Value);
    }

    private float[] Run(string file) =>
        [.. module.Run($"Import-IpuModel $out/{file} | Invoke-IpuModel -Image $sample/evaluation/ring_00.png | ForEach-Object {{ foreach ($o in $_.Outputs.Values) {{ $o.ToFloatArray() }} }}").Select(v => (float)v.BaseObject)];

    private void Write(string file)
    {
        string path = Path.Combine(module.Output, file);
        switch (Path.GetExtension(file))
        {
            case ".onnx":
                File.Copy(Path.Combine(ModuleFixture.Root, "module", "examples", "sample", "shapes.onnx"), path, overwrite: true);
                break;
            case ".prototxt":
                File.WriteAllText(path, Prototxt);
                File.WriteAllBytes(Path.Combine(module.Output, "weights.caffemodel"), Caffemodel());
                break;
            case ".tflite":
                File.WriteAllBytes(path, Convert.FromBase64String(TfLite));
                break;
            default:
                File.WriteAllBytes(path, Graph());
                break;
        }
    }

    private static byte[] Caffemodel(int height = 3, int width = 3)
    {
        byte[] weights = Message((7, Message((1, Numbers(4, 3, height, width)))), (5, Floats(12 * height * width)));
        byte[] bias = Message((7, Message((1, Numbers(4)))), (5, Floats(4)));
        return Message((100, Message((1, "conv"u8.ToArray()), (2, "Convolution"u8.ToArray()), (7, weights), (7, bias))));
    }

    private static byte[] Graph()
    {
        byte[] real = Message((6, 1L));
        byte[] tensor = Message((1, 1L), (2, Message((2, Message((1, 3L))), (2, Message((1, 3L))), (2, Message((1, 3L))), (2, Message((1, 4L))))), (4, Floats(108)));
        return Message(
            (1, Node("x", "Placeholder", [], ("dtype", real))),
            (1, Node("w", "Const", [], ("dtype", real), ("value", Message((8, tensor))))),
            (1, Node("c", "Conv2D", ["x", "w"], ("T", real), ("padding", Message((2, "SAME"u8.ToArray()))), ("strides", Message((1, Message((3, Numbers(1, 2, 2, 1)))))))),
            (1, Node("y", "Relu", ["c"], ("T", real))));
    }

    private static byte[] Node(string name, string op, string[] inputs, params (string Name, byte[] Value)[] attributes) => Message(
    [
        (1, Encoding.ASCII.GetBytes(name)),
        (2, Encoding.ASCII.GetBytes(op)),
        .. inputs.Select(i => (3, (object)Encoding.ASCII.GetBytes(i))),
        .. attributes.Select(a => (5, (object)Message((1, Encoding.ASCII.GetBytes(a.Name)), (2, a.Value)))),
    ]);

    /// <summary>A protobuf message of numbers and of bytes, which messages and texts are too.</summary>
    private static byte[] Message(params (int Key, object Value)[] fields)
    {
        var bytes = new List<byte>();
        foreach ((int key, object value) in fields)
        {
            bytes.AddRange(Number((key << 3) | (value is long ? 0 : 2)));
            if (value is byte[] content)
            {
                bytes.AddRange(Number(content.Length));
                bytes.AddRange(content);
            }
            else
            {
                bytes.AddRange(Number((long)value));
            }
        }

        return [.. bytes];
    }

    private static byte[] Numbers(params long[] values) => [.. values.SelectMany(Number)];

    private static IEnumerable<byte> Number(long value)
    {
        for (; value >= 128; value >>= 7)
        {
            yield return (byte)((value & 127) | 128);
        }

        yield return (byte)value;
    }

    private static byte[] Floats(int count) => [.. Enumerable.Range(0, count).SelectMany(i => BitConverter.GetBytes(((i * 37 % 101) - 40) / 100f))];
}
