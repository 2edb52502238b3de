using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Frontends.TfLite;

namespace SgsIpu.Frontends.Tests.TfLite;

public sealed class TfLiteReaderTests
{
    private const int Conv2D = 3;
    private const int Custom = 32;
    private const int While = 119;
    private const int Gelu = 150;

    /// <summary>weights [2, 1, 1, 3], a convolution with SAME, stride 2×1 and RELU6, then GELU.</summary>
    private static readonly TfLiteModel Small = new(
        "small",
        [
            new TfLiteTensor("x", DataType.Float32, new Shape(1, 4, 4, 3), 0),
            new TfLiteTensor("w", DataType.Float32, new Shape(2, 1, 1, 3), 1),
            new TfLiteTensor("", DataType.Float32, new Shape(1, 4, 2, 2), 0),
            new TfLiteTensor("y", DataType.Float32, new Shape(1, 4, 2, 2), 0),
        ],
        [
            new TfLiteOperator(Conv2D, "", [0, 1, -1], [2]) { OptionsType = 1, Options = [(0, (byte)0), (1, 2), (2, 1), (3, (byte)3)] },
            new TfLiteOperator(Gelu, "", [2], [3]) { OptionsType = 116, Options = [(0, true)] },
        ],
        [0],
        [3],
        [default, Bytes<float>(1, 2, 3, 4, 5, 6)]);

    [Fact]
    public void OperatorsAreDecodedAndFusedActivationsAreNodesOfTheirOwn()
    {
        SourceGraph graph = Read(Small);
        Assert.Equal(["CONV_2D", "RELU6", "GELU"], graph.Nodes.Select(n => n.OpType));
        Assert.Equal("x,w,", string.Join(',', graph.Nodes[0].Inputs));
        Assert.Equal(Assert.Single(graph.Nodes[0].Outputs), Assert.Single(graph.Nodes[1].Inputs));
        Assert.Equal("tensor2", Assert.Single(graph.Nodes[1].Outputs));
        Assert.Equal("SAME", graph.Nodes[0].String("padding", ""));
        Assert.Equal(2, graph.Nodes[0].Int("stride_w", 0));
        Assert.Equal(1, graph.Nodes[0].Int("dilation_h_factor", 0));
        Assert.True(graph.Nodes[2].Bool("approximate", false));
        Assert.Equal([1f, 2, 3, 4, 5, 6], graph.Constants["w"].ToFloats());
        Assert.Equal([1, 4, 4, 3], graph.Inputs[0].Dimensions.ToArray());
    }

    [Fact]
    public void IntegerWeightsBecomeRealByTensorAndByChannel()
    {
        Tensor one = Read(Weights(DataType.Int8, Bytes<sbyte>(-128, 0, 127, 1, 2, 3), [0.5f], 3)).Constants["w"];
        Assert.Equal([-65.5f, -1.5f, 62, -1, -0.5f, 0], one.ToFloats());
        Tensor many = Read(Weights(DataType.Int8, Bytes<sbyte>(1, 2, 3, 1, 2, 3), [2, 10], 0)).Constants["w"];
        Assert.Equal([2f, 4, 6, 10, 20, 30], many.ToFloats());
        Tensor bytes = Read(Weights(DataType.UInt8, Bytes<byte>(0, 128, 255, 1, 2, 3), [0.25f], 128)).Constants["w"];
        Assert.Equal([-32f, 0, 31.75f, -31.75f, -31.5f, -31.25f], bytes.ToFloats());
    }

    [Fact]
    public void HalfWeightsBecomeReal()
    {
        Tensor half = Read(Weights(DataType.Float16, Bytes((Half)0.5, (Half)(-2), (Half)65504, (Half)1, (Half)2, (Half)3), [], 0)).Constants["w"];
        Assert.Equal([0.5f, -2, 65504, 1, 2, 3], half.ToFloats());
    }

    [Fact]
    public void AModelThatIsQuantizedAlreadyIsRefusedWithTheReason()
    {
        TfLiteModel quantized = Small with
        {
            Tensors = [.. Small.Tensors.Select(t => t.Name is "w" ? t : t with { Type = DataType.Int8, Quant = new QuantParam([0.5], 3) })],
        };
        var e = Assert.Throws<IpuException>(() => Read(quantized));
        Assert.Equal("TfLiteQuantized", e.ErrorId);
        Assert.Equal(IpuErrorKind.NotSupported, e.Kind);
        Assert.Contains("2 of 2 operators", e.Message, StringComparison.Ordinal);
        Assert.Contains("without quantization", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ControlFlowIsRefused() =>
        Assert.Equal("TfLiteControlFlow", Assert.Throws<IpuException>(() => Read(Small with { Operators = [Small.Operators[0], Small.Operators[1] with { Code = While }] })).ErrorId);

    [Fact]
    public void AnActivationThatNoOperatorHasIsRefused()
    {
        TfLiteOperator op = Small.Operators[0] with { Options = [(3, (byte)5)] };
        var e = Assert.Throws<IpuException>(() => Read(Small with { Operators = [op, Small.Operators[1]] }));
        Assert.Contains("SIGN_BIT", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TensorsOfOneNameAreToldApart()
    {
        SourceGraph graph = Read(Small with { Tensors = [.. Small.Tensors.Select(t => t with { Name = "same" })] });
        Assert.Equal(4, new[] { graph.Inputs[0].Name, graph.Nodes[0].Inputs[1], graph.Nodes[0].Outputs[0], graph.Nodes[^1].Outputs[0] }.Distinct().Count());
    }

    [Fact]
    public void ATensorThatNothingComputesIsNamed()
    {
        var e = Assert.Throws<IpuException>(() => Read(Small with { Operators = [Small.Operators[1]] }));
        Assert.Equal("MissingTensor", e.ErrorId);
        Assert.Contains("'tensor2'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AStructureOfARuntimeIsDecoded()
    {
        TfLiteOperator op = new(Custom, "MaxPoolingWithArgmax2D", [0], [2]) { CustomOptions = Bytes(1, 2, 3, 4, 5, 1, 0, 0) };
        SourceGraph graph = Read(Small with { Operators = [op, Small.Operators[1]] });
        Assert.Equal("custom", graph.Nodes[0].Domain);
        Assert.Equal("SAME", graph.Nodes[0].String("padding", ""));
        Assert.Equal([2, 3, 4, 5], new[] { "stride_w", "stride_h", "filter_width", "filter_height" }.Select(a => (int)graph.Nodes[0].Int(a, 0)));
        Assert.Equal("RELU", graph.Nodes[1].OpType);
    }

    [Fact]
    public void AMapOfOptionsIsDecoded()
    {
        // {"a": 7, "f": 0.5, "on": true}, as FlexBuffers has it: keys, their offsets, the map with its types, the root.
        var bytes = new List<byte>([.. "a\0f\0on\0"u8, 3, 8, 7, 6]);
        int keyVector = bytes.Count - 3;
        while ((bytes.Count + 12) % 4 != 0)
        {
            bytes.Add(0);
        }

        Word(bytes, bytes.Count - keyVector);
        Word(bytes, 1);
        Word(bytes, 3);
        int values = bytes.Count;
        Word(bytes, 7);
        Word(bytes, BitConverter.SingleToInt32Bits(0.5f));
        Word(bytes, 1);
        bytes.AddRange([(1 << 2) | 2, (3 << 2) | 2, (26 << 2) | 2]);
        bytes.AddRange([(byte)(bytes.Count - values), (9 << 2) | 2, 1]);
        SourceNode node = Read(Small with { Operators = [new(Custom, "Other", [0], [2]) { CustomOptions = bytes.ToArray() }, Small.Operators[1]] }).Nodes[0];
        Assert.Equal(7, node.Int("a", 0));
        Assert.Equal(0.5f, node.Float("f", 0));
        Assert.True(node.Bool("on", false));
        Assert.Equal(3, node.Attributes.Count);
    }

    [Fact]
    public void DamagedFilesGiveOneClearError()
    {
        byte[] bytes = TfLiteWriter.Write(Small with { Operators = [Small.Operators[0] with { CustomOptions = Bytes(1, 2, 3) }, Small.Operators[1]] });
        var random = new Random(17);
        int refused = 0;
        for (int round = 0; round < bytes.Length + 4000; round++)
        {
            byte[] damaged = round < bytes.Length ? bytes[..round] : [.. bytes];
            for (int i = 0; i < 1 + (round % 3) && round >= bytes.Length; i++)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                _ = TfLiteReader.Read(damaged, "damaged.tflite");
            }
            catch (IpuException e)
            {
                Assert.NotEmpty(e.Message);
                Assert.NotNull(e.Target);
                refused++;
            }
        }

        Assert.True(refused > bytes.Length);
    }

    [Fact]
    public void ASmallFileCannotAskForMuchMemory()
    {
        TfLiteModel large = Small with { Tensors = Small.Tensors.SetItem(1, Small.Tensors[1] with { Shape = new Shape(1 << 15, 1 << 13) }) };
        Assert.Equal("TfLiteTensor", Assert.Throws<IpuException>(() => Read(large)).ErrorId);
    }

    private static SourceGraph Read(TfLiteModel model) => TfLiteReader.Read(TfLiteWriter.Write(model), "small.tflite");

    private static TfLiteModel Weights(DataType type, ReadOnlyMemory<byte> values, double[] scales, int zeroPoint) => Small with
    {
        Tensors = Small.Tensors.SetItem(1, Small.Tensors[1] with { Type = type, Quant = scales.Length == 0 ? null : new QuantParam([.. scales], zeroPoint, scales.Length > 1 ? 0 : -1) }),
        Buffers = [default, values],
    };

    private static ReadOnlyMemory<byte> Bytes<T>(params T[] values)
        where T : unmanaged
        => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private static void Word(List<byte> bytes, int value)
    {
        byte[] four = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(four, value);
        bytes.AddRange(four);
    }
}
