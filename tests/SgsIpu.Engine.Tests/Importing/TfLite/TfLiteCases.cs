using SgsIpu.Core;

namespace SgsIpu.Engine.Tests.Importing.TfLite;

/// <summary>The builtin operators of TFLite in their forms; numbers of operators and options are those of the schema.</summary>
internal static class TfLiteCases
{
    private const byte Same = 0;
    private const byte Valid = 1;
    private const byte None = 0;
    private const byte Relu = 1;
    private const byte ReluN1To1 = 2;
    private const byte Relu6 = 3;
    private const byte TanhActivation = 4;

    public static IReadOnlyList<TfLiteCase> All { get; } =
    [
        Unary("ABS", 101, 78),
        Binary("ADD", 0, 11).Option(0, None),
        Binary("ADD relu", 0, 11).Option(0, Relu),
        Binary("ADD relu_n1_to_1", 0, 11).Option(0, ReluN1To1),
        Binary("ADD relu6", 0, 11).Option(0, Relu6),
        new TfLiteCase("ADD broadcast", 0, 11).Option(0, None).Input(2, 3, 4).Constant(4),
        new TfLiteCase("ADD_N", 106, 83).Input(2, 3).Input(2, 3).Input(2, 3),
        new TfLiteCase("ARG_MAX", 56, 40).Option(0, (byte)2).Returns(DataType.Int32).Input(2, 5, 3).Scalar(1),
        new TfLiteCase("ARG_MIN", 79, 57).Option(0, (byte)2).Returns(DataType.Int32).Input(2, 5).Scalar(-1),
        Pool("AVERAGE_POOL_2D same", 1, Same, 3, 2),
        Pool("AVERAGE_POOL_2D valid", 1, Valid, 2, 2),
        new TfLiteCase("BATCH_MATMUL", 126, 101).Option(0, false).Option(1, false).Input(2, 3, 4).Input(2, 4, 5),
        new TfLiteCase("BATCH_MATMUL adj", 126, 101).Option(0, false).Option(1, true).Input(2, 3, 4).Input(2, 5, 4),
        new TfLiteCase("BATCH_TO_SPACE_ND", 37, 24).Input(4, 2, 3, 2).Ints(2, 2).Constant(Tensor.FromArray([0, 1, 1, 0], 2, 2)),
        new TfLiteCase("BROADCAST_TO", 130, 104).Version(2).Input(1, 3, 1).Ints(2, 3, 4),
        new TfLiteCase("CAST", 53, 37).Option(0, (byte)0).Option(1, (byte)2).Returns(DataType.Int32).Range(-5, 5).Input(2, 5),
        Unary("CEIL", 104, 0),
        new TfLiteCase("CONCATENATION", 2, 10).Option(0, -1).Option(1, None).Input(2, 3).Input(2, 4),
        Convolution("CONV_2D same", Same, 2, 2, Relu6, 1),
        Convolution("CONV_2D valid dilated", Valid, 1, 1, None, 2),
        Convolution("CONV_2D same dilated", Same, 1, 1, Relu, 2),
        Volume("CONV_3D same", Same, 1, 2),
        Volume("CONV_3D valid", Valid, 2, 1),
        Unary("COS", 108, 85),
        new TfLiteCase("CUMSUM", 128, 102).Option(0, true).Option(1, true).Input(2, 5).Scalar(1),
        new TfLiteCase("DEPTHWISE_CONV_2D", 4, 2).Option(0, Same).Option(1, 2).Option(2, 2).Option(3, 2).Option(4, Relu6).Option(5, 1).Option(6, 1)
            .Input(1, 5, 6, 3).Constant(1, 3, 3, 6).Constant(6),
        new TfLiteCase("DEPTHWISE_CONV_2D dilated", 4, 2).Option(0, Valid).Option(1, 1).Option(2, 1).Option(3, 1).Option(4, None).Option(5, 2).Option(6, 2)
            .Input(1, 7, 7, 4).Constant(1, 3, 3, 4).Constant(4),
        new TfLiteCase("DEPTH_TO_SPACE", 5, 94).Option(0, 2).Input(1, 2, 3, 8),
        new TfLiteCase("DIV", 42, 29).Option(0, None).Input(2, 3).Range(1, 2).Input(2, 3),
        Unary("ELU", 111, 0),
        Unary("EXP", 47, 33),
        new TfLiteCase("EMBEDDING_LOOKUP", 7).Ints(2, 0, 2).Input(4, 3),
        Comparison("EQUAL", 71, 53),
        Comparison("GREATER", 61, 44),
        Comparison("GREATER_EQUAL", 62, 45),
        Comparison("LESS", 58, 41),
        Comparison("LESS_EQUAL", 63, 46),
        Comparison("NOT_EQUAL", 72, 54),
        new TfLiteCase("EXPAND_DIMS", 70, 52).Input(2, 3).Scalar(1),
        Unary("FLOOR", 8, 0),
        new TfLiteCase("FLOOR_DIV", 90, 65).Range(-9, 9).Input(2, 5).Range(1, 3).Input(2, 5),
        new TfLiteCase("FLOOR_MOD", 95, 72).Range(-9, 9).Input(2, 5).Range(1, 3).Input(2, 5),
        new TfLiteCase("FULLY_CONNECTED", 9, 8).Option(0, Relu).Option(1, (byte)0).Option(2, false).Input(2, 3, 4).Constant(5, 4).Constant(5),
        new TfLiteCase("FULLY_CONNECTED kept", 9, 8).Option(0, None).Option(1, (byte)0).Option(2, true).Input(2, 3, 4).Constant(5, 4).Absent(),
        new TfLiteCase("GATHER", 36, 23).Option(0, 1).Input(2, 4, 3).Ints(3, 0, 2),
        new TfLiteCase("GATHER batch", 36, 23).Option(0, 1).Option(1, 1).Input(2, 4, 3).Constant(Tensor.FromArray([3, 0, 2, 1, 1, 0], 2, 3)),
        new TfLiteCase("GATHER batch, later dimension", 36, 23).Option(0, 2).Option(1, -1).Input(2, 4, 3, 2).Constant(Tensor.FromArray([2, 0, 1, 1], 2, 2)),
        new TfLiteCase("GATHER_ND", 107, 84).Input(3, 4, 2).Constant(Tensor.FromArray([2, 1, 0, 3], 2, 2)),
        Unary("GELU", 150, 116).Option(0, false),
        Unary("GELU approximate", 150, 116).Option(0, true),
        new TfLiteCase("HARD_SWISH", 117, 91).Range(-5, 5).Input(2, 7),
        new TfLiteCase("L2_NORMALIZATION", 11, 12).Option(0, None).Input(1, 2, 3, 4),
        Pool("L2_POOL_2D", 12, Same, 2, 2),
        Unary("LEAKY_RELU", 98, 75).Option(0, 0.3f),
        new TfLiteCase("LOCAL_RESPONSE_NORMALIZATION", 13, 13).Option(0, 2).Option(1, 1.5f).Option(2, 0.3f).Option(3, 0.75f).Input(1, 3, 3, 7),
        new TfLiteCase("LOG", 73).Range(0.1f, 3).Input(2, 5),
        Unary("LOGISTIC", 14, 0),
        Logical("LOGICAL_AND", 86).Input(Tensor.FromArray([true, true, false, false], 2, 2)),
        Logical("LOGICAL_NOT", 87),
        Logical("LOGICAL_OR", 84).Input(Tensor.FromArray([true, true, false, false], 2, 2)),
        new TfLiteCase("LOG_SOFTMAX", 50, 36).Input(2, 5),
        Binary("MAXIMUM", 55, 39),
        Pool("MAX_POOL_2D same", 17, Same, 3, 2),
        Pool("MAX_POOL_2D valid", 17, Valid, 2, 1),
        new TfLiteCase("MEAN", 40, 27).Option(0, false).Input(2, 3, 4, 2).Ints(1, 2),
        Binary("MINIMUM", 57, 39),
        new TfLiteCase("MIRROR_PAD reflect", 100, 77).Option(0, (byte)0).Input(3, 4).Constant(Tensor.FromArray([1, 2, 0, 3], 2, 2)),
        new TfLiteCase("MIRROR_PAD symmetric", 100, 77).Option(0, (byte)1).Input(3, 4).Constant(Tensor.FromArray([1, 2, 0, 3], 2, 2)),
        Binary("MUL", 18, 21).Option(0, None),
        Unary("NEG", 59, 42),
        new TfLiteCase("ONE_HOT", 85, 61).Option(0, -1).Returns(DataType.Float32).Input(Tensor.FromArray([2, 0, 1, 3], 4)).Scalar(4).Constant(Tensor.Scalar(1.5f)).Constant(Tensor.Scalar(-1f)),
        new TfLiteCase("PACK", 83, 59).Option(0, 2).Option(1, 1).Input(2, 3).Input(2, 3),
        new TfLiteCase("PAD", 34, 22).Input(2, 3).Constant(Tensor.FromArray([1, 0, 2, 1], 2, 2)),
        new TfLiteCase("PADV2", 60, 43).Input(2, 3).Constant(Tensor.FromArray([1, 0, 2, 1], 2, 2)).Constant(Tensor.Scalar(1.5f)),
        new TfLiteCase("POW", 78, 56).Range(0.5f, 2).Input(2, 3).Input(2, 3),
        new TfLiteCase("PRELU", 54).Input(1, 3, 3, 4).Constant(1, 1, 4),
        Reduced("REDUCE_ALL", 140),
        Reduced("REDUCE_ANY", 91),
        new TfLiteCase("REDUCE_MAX", 82, 27).Option(0, true).Input(2, 3, 4).Ints(-1),
        new TfLiteCase("REDUCE_MIN", 89, 27).Option(0, false).Input(2, 3, 4).Ints(0, 2),
        new TfLiteCase("REDUCE_PROD", 81, 27).Option(0, false).Input(2, 3, 4).Ints(1),
        Unary("RELU", 19, 0),
        Unary("RELU6", 21, 0),
        Unary("RELU_N1_TO_1", 20, 0),
        new TfLiteCase("RESHAPE", 22, 17).Input(2, 6).Ints(3, -1, 2),
        Resize("RESIZE_BILINEAR", 23, 15, false, false, 2),
        Resize("RESIZE_BILINEAR align", 23, 15, true, false, 2),
        Resize("RESIZE_BILINEAR half", 23, 15, false, true, 2),
        Resize("RESIZE_NEAREST_NEIGHBOR", 97, 74, false, false, 0),
        Resize("RESIZE_NEAREST_NEIGHBOR align", 97, 74, true, false, 0),
        Resize("RESIZE_NEAREST_NEIGHBOR half", 97, 74, false, true, 0),
        new TfLiteCase("REVERSE_SEQUENCE", 112, 87).Option(0, 1).Option(1, 0).Input(3, 4, 2).Ints(2, 4, 1),
        new TfLiteCase("REVERSE_V2", 105, 82).Input(2, 3, 4).Ints(1),
        new TfLiteCase("ROUND", 116).Range(-5, 5).Input(3, 7),
        new TfLiteCase("RSQRT", 76).Range(0.1f, 3).Input(2, 5),
        new TfLiteCase("SCATTER_ND", 122, 97).Constant(Tensor.FromArray([4, 1, 2], 3, 1)).Input(3, 2).Ints(6, 2),
        new TfLiteCase("SELECT_V2", 123, 98).Constant(Tensor.FromArray([true, false, true], 3)).Input(2, 3).Input(2, 3),
        Unary("SIN", 66, 0),
        new TfLiteCase("SLICE", 65, 48).Shaped(2, 4, 1).Input(3, 4, 2).Ints(1, 0, 1).Ints(2, -1, 1),
        new TfLiteCase("SOFTMAX", 25, 9).Option(0, 1f).Input(2, 5),
        new TfLiteCase("SOFTMAX beta", 25, 9).Option(0, 0.5f).Input(1, 2, 2, 5),
        new TfLiteCase("SPACE_TO_BATCH_ND", 38, 25).Input(1, 3, 5, 2).Ints(2, 3).Constant(Tensor.FromArray([1, 0, 0, 1], 2, 2)),
        new TfLiteCase("SPACE_TO_DEPTH", 26, 19).Option(0, 2).Input(1, 4, 6, 2),
        new TfLiteCase("SPLIT", 49, 35, 2).Option(0, 2).Scalar(1).Input(2, 4, 3),
        new TfLiteCase("SPLIT_V", 102, 79, 2).Option(0, 2).Input(2, 5).Ints(2, 3).Scalar(1),
        new TfLiteCase("SQRT", 75).Range(0.1f, 3).Input(2, 5),
        Unary("SQUARE", 92, 66),
        Binary("SQUARED_DIFFERENCE", 99, 76),
        new TfLiteCase("SQUEEZE", 43, 30).Input(1, 3, 1, 2),
        new TfLiteCase("STRIDED_SLICE", 45, 32).Option(0, 1).Option(1, 2).Option(2, 0).Option(3, 0).Option(4, 4)
            .Input(4, 5, 3).Ints(1, 1, 1).Ints(4, 2, 2).Ints(2, 2, 1),
        new TfLiteCase("STRIDED_SLICE backwards", 45, 32).Option(0, 3).Option(1, 3).Option(2, 0).Option(3, 0).Option(4, 0)
            .Input(4, 5).Ints(0, 0).Ints(0, 0).Ints(-1, -2),
        Binary("SUB", 41, 28).Option(0, Relu6),
        new TfLiteCase("SUM", 74, 27).Option(0, true).Input(2, 3, 4).Ints(1),
        Unary("TANH", 28, 0),
        new TfLiteCase("TILE", 69, 51).Input(2, 3).Ints(2, 3),
        new TfLiteCase("TFLite_Detection_PostProcess", 32, 0, 4).Custom("TFLite_Detection_PostProcess", DetectionOptions(false)).Range(-1, 1).Input(1, 12, 4).Range(0, 1).Input(1, 12, 4).Range(0.2f, 0.6f).Constant(12, 4),
        new TfLiteCase("TFLite_Detection_PostProcess regular", 32, 0, 4).Custom("TFLite_Detection_PostProcess", DetectionOptions(true)).Range(-1, 1).Input(1, 12, 4).Range(0, 1).Input(1, 12, 4).Range(0.2f, 0.6f).Constant(12, 4),
        new TfLiteCase("TOPK_V2", 48, 34, 2).Returns(DataType.Float32, DataType.Int32).Input(2, 7).Scalar(3),
        new TfLiteCase("TRANSPOSE", 39, 26).Input(2, 3, 4).Ints(2, 0, 1),
        new TfLiteCase("TRANSPOSE_CONV same", 67, 49).Option(0, Same).Option(1, 2).Option(2, 2).Ints(1, 8, 10, 3).Constant(3, 3, 3, 2).Input(1, 4, 5, 2),
        new TfLiteCase("TRANSPOSE_CONV same odd", 67, 49).Option(0, Same).Option(1, 2).Option(2, 2).Ints(1, 7, 9, 3).Constant(3, 3, 3, 2).Input(1, 4, 5, 2),
        new TfLiteCase("TRANSPOSE_CONV valid", 67, 49).Option(0, Valid).Option(1, 2).Option(2, 2).Ints(1, 9, 11, 3).Constant(3, 3, 3, 2).Input(1, 4, 5, 2),
        Lstm("UNIDIRECTIONAL_SEQUENCE_LSTM", false, false),
        Lstm("UNIDIRECTIONAL_SEQUENCE_LSTM time major, peepholes", true, true),
        new TfLiteCase("UNPACK", 88, 64, 3).Option(0, 3).Option(1, 1).Input(2, 3, 4),
    ];

    private static TfLiteCase Unary(string name, int code, byte options) => new TfLiteCase(name, code, options).Range(-2, 2).Input(2, 7);

    private static TfLiteCase Binary(string name, int code, byte options) => new TfLiteCase(name, code, options).Range(-3, 3).Input(2, 5).Input(2, 5);

    private static TfLiteCase Comparison(string name, int code, byte options) =>
        new TfLiteCase(name, code, options).Returns(DataType.Bool).Input(Tensor.FromArray([1f, 2, 3, -1, 0], 5)).Input(Tensor.FromArray([1f, 3, 2, -1, 0.5f], 5));

    private static TfLiteCase Logical(string name, int code) => new TfLiteCase(name, code).Returns(DataType.Bool).Input(Tensor.FromArray([true, false, true, false], 2, 2));

    private static TfLiteCase Reduced(string name, int code) => new TfLiteCase(name, code, 27).Option(0, false).Returns(DataType.Bool)
        .Input(Tensor.FromArray([true, false, true, true, false, false, true, true], 2, 4)).Ints(0);

    private static TfLiteCase Volume(string name, byte padding, int stride, int dilation) => new TfLiteCase(name, 132, 106)
        .Option(0, padding).Option(1, stride).Option(2, stride).Option(3, stride).Option(4, Relu).Option(5, 1).Option(6, dilation).Option(7, dilation)
        .Input(1, 4, 6, 5, 2).Constant(2, 3, 2, 2, 3).Constant(3);

    /// <summary>Three inputs and four cells over five steps of two sequences; state and cell are variables that start at zero.</summary>
    private static TfLiteCase Lstm(string name, bool timeMajor, bool peepholes)
    {
        TfLiteCase lstm = new TfLiteCase(name, 44, 71).Option(0, TanhActivation).Option(1, 10f).Option(2, 0f).Option(3, timeMajor).Range(-1, 1);
        lstm = timeMajor ? lstm.Input(5, 2, 3) : lstm.Input(2, 5, 3);
        for (int i = 0; i < 8; i++)
        {
            lstm = i < 4 ? lstm.Constant(4, 3) : lstm.Constant(4, 4);
        }

        for (int i = 0; i < 3; i++)
        {
            lstm = peepholes ? lstm.Constant(4) : lstm.Absent();
        }

        for (int i = 0; i < 4; i++)
        {
            lstm = lstm.Constant(4);
        }

        return lstm.Absent().Absent().Variable(2, 4).Variable(2, 4);
    }

    private static byte[] DetectionOptions(bool regular) => FlexMap.Write(
        ("max_detections", 5), ("max_classes_per_detection", 1), ("detections_per_class", 3), ("use_regular_nms", regular ? 1 : 0), ("nms_score_threshold", 0.3f),
        ("nms_iou_threshold", 0.5f), ("num_classes", 3), ("y_scale", 10f), ("x_scale", 10f), ("h_scale", 5f), ("w_scale", 5f));

    private static TfLiteCase Pool(string name, int code, byte padding, int side, int stride) => new TfLiteCase(name, code, 5)
        .Option(0, padding).Option(1, stride).Option(2, stride).Option(3, side).Option(4, side).Option(5, None).Input(1, 5, 6, 3);

    private static TfLiteCase Convolution(string name, byte padding, int strideW, int strideH, byte activation, int dilation) => new TfLiteCase(name, 3, 1)
        .Option(0, padding).Option(1, strideW).Option(2, strideH).Option(3, activation).Option(4, dilation).Option(5, dilation)
        .Input(1, 7, 6, 3).Constant(4, 3, 2, 3).Constant(4);

    private static TfLiteCase Resize(string name, int code, byte options, bool align, bool half, int firstField) =>
        new TfLiteCase(name, code, options).Option(firstField, align).Option(firstField + 1, half).Input(1, 3, 4, 2).Ints(7, 6);
}
