namespace SgsIpu.Engine.Tests.Importing;

/// <summary>One network for each layer and form of it.</summary>
internal static class CaffeLayerCases
{
    private const string Unary = "bottom: \"x0\" top: \"y\"";
    private const string Binary = "bottom: \"x0\" bottom: \"x1\" top: \"y\"";

    /// <summary>Two regions for a picture of 9×11: image, x1, y1, x2, y2.</summary>
    private static readonly float[] Regions = [0, 2, 2, 14, 14, 0, 0, 4, 20, 10];

    public static IReadOnlyDictionary<string, CaffeLayerCase> All { get; } = new Dictionary<string, CaffeLayerCase>
    {
        ["AbsVal"] = new("1,3,5,7", $"type: 'AbsVal' {Unary}"),
        ["ArgMax"] = new("1,6,5,7", $"type: 'ArgMax' {Unary} argmax_param {{ axis: 1 }}", Expected: "x0.argmax(1)"),
        ["ArgMax of a picture"] = new("1,6,5,7", $"type: 'ArgMax' {Unary} argmax_param {{ top_k: 3 }}", Expected: "np.argsort(-x0.reshape(1, -1), 1)[:, :3]"),
        ["ArgMax with values"] = new("1,6,5,7", $"type: 'ArgMax' {Unary} argmax_param {{ axis: 1 top_k: 2 out_max_val: true }}", Expected: "-np.sort(-x0, 1)[:, :2]"),
        ["Axpy"] = new("1,3,1,1 1,3,5,7 1,3,5,7", "type: 'Axpy' bottom: 'x0' bottom: 'x1' bottom: 'x2' top: 'y'", Expected: "x0 * x1 + x2"),
        ["BatchNorm"] = new("1,3,5,7", $"type: 'BatchNorm' {Unary} batch_norm_param {{ eps: 0.01 }}", "3 3 1"),
        ["Scale in place"] = new("1,3,5,7", $"layer {{ name: 'bn' type: 'ReLU' {Unary} }} layer {{ name: 'a' type: 'Scale' bottom: 'y' top: 'y' scale_param {{ bias_term: true }} }}", "3 3"),
        ["Bias"] = new("1,3,5,7", $"type: 'Bias' {Unary}", "3", "x0 + w0.reshape(1, 3, 1, 1)"),
        ["BNLL"] = new("1,3,5,7", $"type: 'BNLL' {Unary}"),
        ["Concat"] = new("1,3,5,7 1,2,5,7", $"type: 'Concat' {Binary}"),
        ["Concat by rows"] = new("1,3,5,7 1,3,2,7", $"type: 'Concat' {Binary} concat_param {{ axis: -2 }}"),
        ["Convolution"] = new("1,4,9,11", $"type: 'Convolution' {Unary} convolution_param {{ num_output: 6 kernel_size: 3 pad: 1 stride: 2 }}", "6,4,3,3 6"),
        ["Convolution with sides"] = new("1,4,9,11", $"type: 'Convolution' {Unary} convolution_param {{ num_output: 6 kernel_h: 3 kernel_w: 1 pad_h: 1 pad_w: 0 stride_h: 1 stride_w: 2 bias_term: false }}", "6,4,3,1"),
        ["Convolution with repeated sides"] = new("1,4,9,11", $"type: 'Convolution' {Unary} convolution_param {{ num_output: 6 kernel_size: 3 kernel_size: 5 pad: 1 pad: 2 bias_term: false }}", "6,4,3,5"),
        ["Convolution in groups, dilated"] = new("1,4,9,11", $"type: 'Convolution' {Unary} convolution_param {{ num_output: 6 kernel_size: 3 pad: 2 group: 2 dilation: 2 }}", "6,2,3,3 6"),
        ["ConvolutionDepthwise"] = new("1,4,9,11", $"type: 'ConvolutionDepthwise' {Unary} convolution_param {{ num_output: 4 kernel_size: 3 pad: 1 }}", "4,1,3,3 4", "conv(x0, w0, 1, 1, 4) + w1.reshape(1, 4, 1, 1)"),
        ["DepthwiseConvolution"] = new("1,4,9,11", $"type: 'DepthwiseConvolution' {Unary} convolution_param {{ num_output: 8 kernel_size: 3 stride: 2 bias_term: false }}", "8,1,3,3", "conv(x0, w0, 2, 0, 4)"),
        ["ContinuationIndicator"] = new("3,2", "layer { name: 'a' type: 'ContinuationIndicator' top: 'c' continuation_indicator_param { time_step: 3 batch_size: 2 } } layer { name: 'm' type: 'Eltwise' bottom: 'x0' bottom: 'c' top: 'y' }", Expected: "x0 + np.array([[0, 0], [1, 1], [1, 1]])"),
        ["Crop"] = new("1,3,9,11 1,3,5,7", $"type: 'Crop' {Binary} crop_param {{ axis: 2 offset: 1 offset: 3 }}"),
        ["CReLU"] = new("1,3,5,7", $"type: 'CReLU' {Unary}", Expected: "np.concatenate([np.maximum(x0, 0), np.maximum(-x0, 0)], 1)"),
        ["Deconvolution"] = new("1,4,5,7", $"type: 'Deconvolution' {Unary} convolution_param {{ num_output: 6 kernel_size: 4 pad: 1 stride: 2 }}", "4,6,4,4 6"),
        ["Deconvolution in groups"] = new("1,4,5,7", $"type: 'Deconvolution' {Unary} convolution_param {{ num_output: 4 kernel_size: 4 pad: 1 stride: 2 group: 4 bias_term: false }}", "4,1,4,4"),
        ["DetectionOutput"] = new("1,48 1,36 1,3,2,3 1,3,16,24", """
            layer { name: 'p' type: 'PriorBox' bottom: 'x2' bottom: 'x3' top: 'p' prior_box_param { min_size: 6 max_size: 9 variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2 } }
            layer { name: 's' type: 'Reshape' bottom: 'x1' top: 's' reshape_param { shape { dim: 0 dim: -1 dim: 3 } } }
            layer { name: 't' type: 'Softmax' bottom: 's' top: 't' softmax_param { axis: 2 } }
            layer { name: 'f' type: 'Flatten' bottom: 't' top: 'f' }
            layer { name: 'y' type: 'DetectionOutput' bottom: 'x0' bottom: 'f' bottom: 'p' top: 'y' detection_output_param {
              num_classes: 3 share_location: true background_label_id: 0 nms_param { nms_threshold: 0.3 top_k: 10 } keep_top_k: 12 confidence_threshold: 0.3 code_type: CENTER_SIZE } }
            """),
        ["Dropout"] = new("1,3,5,7", $"layer {{ name: 'd' type: 'Dropout' bottom: 'x0' top: 'd' }} layer {{ name: 'a' type: 'ReLU' bottom: 'd' top: 'y' }}"),
        ["Eltwise MAX"] = new("1,3,5,7 1,3,5,7 1,3,5,7", "type: 'Eltwise' bottom: 'x0' bottom: 'x1' bottom: 'x2' top: 'y' eltwise_param { operation: MAX }"),
        ["Eltwise PROD"] = new("1,3,5,7 1,3,5,7", $"type: 'Eltwise' {Binary} eltwise_param {{ operation: 0 }}"),
        ["Eltwise SUM"] = new("1,3,5,7 1,3,5,7", $"type: 'Eltwise' {Binary} eltwise_param {{ coeff: 1 coeff: -1 }}"),
        ["Eltwise SUM of three"] = new("1,3,5,7 1,3,5,7 1,3,5,7", "type: 'Eltwise' bottom: 'x0' bottom: 'x1' bottom: 'x2' top: 'y' eltwise_param { coeff: 0.5 coeff: 2 coeff: 1 }"),
        ["ELU"] = new("1,3,5,7", $"type: 'ELU' {Unary} elu_param {{ alpha: 0.5 }}"),
        ["Exp"] = new("1,3,5,7", $"type: 'Exp' {Unary} exp_param {{ base: 2 scale: 1.5 shift: 0.25 }}", Expected: "2 ** (1.5 * x0 + 0.25)"),
        ["Flatten"] = new("1,3,5,7", $"type: 'Flatten' {Unary}"),
        ["Flatten in part"] = new("1,3,5,7", $"type: 'Flatten' {Unary} flatten_param {{ axis: 1 end_axis: 2 }}"),
        ["InnerProduct"] = new("1,3,5,7", $"type: 'InnerProduct' {Unary} inner_product_param {{ num_output: 6 }}", "6,105 6"),
        ["InnerProduct by rows"] = new("1,3,5,7", $"type: 'InnerProduct' {Unary} inner_product_param {{ num_output: 6 axis: 2 bias_term: false }}", "6,35", "x0.reshape(1, 3, 35) @ w0.T"),
        ["InnerProduct turned"] = new("1,12", $"type: 'InnerProduct' {Unary} inner_product_param {{ num_output: 6 transpose: true bias_term: false }}", "12,6", "x0 @ w0"),
        ["Interp"] = new("1,3,5,7", $"type: 'Interp' {Unary} interp_param {{ height: 9 width: 14 }}", Expected: "interp(x0, 9, 14)"),
        ["Interp by a factor"] = new("1,3,5,7", $"type: 'Interp' {Unary} interp_param {{ zoom_factor: 2 }}", Expected: "interp(x0, 9, 13)"),
        ["Log"] = new("1,3,5,7", $"type: 'Log' {Unary} log_param {{ base: 10 scale: 2 shift: 1.5 }}", Expected: "np.log10(2 * x0 + 1.5)") { Least = 0 },
        ["LRN across channels"] = new("1,7,5,7", $"type: 'LRN' {Unary} lrn_param {{ local_size: 5 alpha: 0.5 beta: 0.75 }}"),
        ["LRN within a channel"] = new("1,3,5,7", $"type: 'LRN' {Unary} lrn_param {{ local_size: 3 alpha: 0.5 beta: 0.75 norm_region: WITHIN_CHANNEL }}", Expected: "x0 * (1 + 0.5 * mean3(x0 ** 2)) ** -0.75"),
        ["LSTM"] = new("5,2,3", """
            layer { name: 'c' type: 'ContinuationIndicator' top: 'c' continuation_indicator_param { time_step: 5 batch_size: 2 } }
            layer { name: 'a' type: 'LSTM' bottom: 'x0' bottom: 'c' top: 'y' recurrent_param { num_output: 4 } }
            """, "16,3 16 16,4", "lstm(x0, w0, w1, w2)"),
        ["LSTM with an input for all steps"] = new("5,2,3 2,6", """
            layer { name: 'c' type: 'ContinuationIndicator' top: 'c' continuation_indicator_param { time_step: 5 batch_size: 2 } }
            layer { name: 'a' type: 'LSTM' bottom: 'x0' bottom: 'c' bottom: 'x1' top: 'y' recurrent_param { num_output: 4 } }
            """, "16,3 16 16,6 16,4", "lstm(np.concatenate([x0, np.stack([x1] * 5)], 2), np.concatenate([w0, w2], 1), w1, w3)"),
        ["MVN"] = new("1,3,5,7", $"type: 'MVN' {Unary}"),
        ["Normalize of pixels"] = new("1,3,5,7", $"type: 'Normalize' {Unary} norm_param {{ across_spatial: false channel_shared: false }}", "3"),
        ["Normalize of a picture"] = new("1,3,5,7", $"type: 'Normalize' {Unary} norm_param {{ across_spatial: true channel_shared: true }}", "1", "x0 / np.sqrt((x0 ** 2).sum() + 1e-10) * w0"),
        ["Permute"] = new("1,3,5,7", $"type: 'Permute' {Unary} permute_param {{ order: 0 order: 2 order: 3 order: 1 }}"),
        ["Pooling MAX"] = new("1,3,8,10", $"type: 'Pooling' {Unary} pooling_param {{ pool: MAX kernel_size: 3 stride: 2 }}"),
        ["Pooling MAX padded"] = new("1,3,7,10", $"type: 'Pooling' {Unary} pooling_param {{ pool: MAX kernel_size: 3 stride: 2 pad: 1 }}"),
        ["Pooling MAX that clips"] = new("1,3,7,7", $"type: 'Pooling' {Unary} pooling_param {{ pool: MAX kernel_size: 2 stride: 2 pad: 1 }}", Expected: "pool(x0, 2, 2, 1, False)"),
        ["Pooling AVE"] = new("1,3,8,10", $"type: 'Pooling' {Unary} pooling_param {{ pool: AVE kernel_size: 3 stride: 2 }}", Expected: "pool(x0, 3, 2, 0, True)"),
        ["Pooling AVE padded"] = new("1,3,7,9", $"type: 'Pooling' {Unary} pooling_param {{ pool: AVE kernel_size: 3 stride: 2 pad: 1 }}", Expected: "pool(x0, 3, 2, 1, True)"),
        ["Pooling AVE beyond its padding"] = new("1,3,8,10", $"type: 'Pooling' {Unary} pooling_param {{ pool: AVE kernel_size: 3 stride: 2 pad: 1 }}", Expected: "pool(x0, 3, 2, 1, True)"),
        ["Pooling rounded down"] = new("1,3,8,10", $"type: 'Pooling' {Unary} pooling_param {{ pool: MAX kernel_size: 3 stride: 2 round_mode: FLOOR }}", Expected: "pool(x0, 3, 2, 0, False)[:, :, :3, :4]"),
        ["Pooling of all"] = new("1,3,5,7", $"type: 'Pooling' {Unary} pooling_param {{ pool: AVE global_pooling: true }}"),
        ["Power"] = new("1,3,5,7", $"type: 'Power' {Unary} power_param {{ power: 1.7 scale: 0.5 shift: 1 }}") { Least = 0 },
        ["Power, linear"] = new("1,3,5,7", $"type: 'Power' {Unary} power_param {{ scale: 0.5 shift: 1 }}"),
        ["PReLU"] = new("1,3,5,7", $"type: 'PReLU' {Unary}", "3"),
        ["PReLU, shared"] = new("1,3,5,7", $"type: 'PReLU' {Unary} prelu_param {{ channel_shared: true }}", "1"),
        ["PSROIPooling"] = new("1,8,9,11 2,5", $"type: 'PSROIPooling' {Binary} psroi_pooling_param {{ spatial_scale: 0.5 output_dim: 2 group_size: 2 }}", Expected: "psroi(x0, x1, 0.5, 2, 2)") { LastInput = Regions },
        ["ReLU"] = new("1,3,5,7", $"type: 'ReLU' {Unary} relu_param {{ negative_slope: 0.2 }}"),
        ["ReLU6"] = new("1,3,5,7", $"layer {{ name: 's' type: 'Power' bottom: 'x0' top: 's' power_param {{ scale: 9 }} }} layer {{ name: 'a' type: 'ReLU6' bottom: 's' top: 'y' }}"),
        ["Reorg"] = new("1,8,6,10", $"type: 'Reorg' {Unary} reorg_param {{ stride: 2 }}", Expected: "reorg(x0, 2)"),
        ["Reshape"] = new("1,3,5,8", $"type: 'Reshape' {Unary} reshape_param {{ shape {{ dim: 0 dim: -1 dim: 10 }} }}"),
        ["Reshape in part"] = new("1,3,5,8", $"type: 'Reshape' {Unary} reshape_param {{ shape {{ dim: 5 dim: 3 }} axis: 1 num_axes: 2 }}"),
        ["Reverse"] = new("1,3,5,7", $"type: 'Reverse' {Unary} reverse_param {{ axis: 2 }}", Expected: "x0[:, :, ::-1]"),
        ["ROIPooling"] = new("1,3,9,11 2,5", $"type: 'ROIPooling' {Binary} roi_pooling_param {{ pooled_h: 2 pooled_w: 3 spatial_scale: 0.5 }}") { LastInput = Regions },
        ["Scale"] = new("1,3,5,7", $"type: 'Scale' {Unary} scale_param {{ bias_term: true }}", "3 3"),
        ["Scale by a bottom"] = new("1,3,5,7 1,3", $"type: 'Scale' {Binary} scale_param {{ axis: 0 }}", Expected: "x0 * x1.reshape(1, 3, 1, 1)"),
        ["ShuffleChannel"] = new("1,6,5,7", $"type: 'ShuffleChannel' {Unary} shuffle_channel_param {{ group: 2 }}", Expected: "x0[:, [0, 3, 1, 4, 2, 5]]"),
        ["Sigmoid"] = new("1,3,5,7", $"type: 'Sigmoid' {Unary}"),
        ["Slice"] = new("1,6,5,7", "layer { name: 'a' type: 'Slice' bottom: 'x0' top: 'p' top: 'q' top: 'r' slice_param { slice_point: 1 slice_point: 3 } } layer { name: 'j' type: 'Concat' bottom: 'r' bottom: 'p' bottom: 'q' top: 'y' }"),
        ["Slice in equal parts"] = new("1,6,5,8", "layer { name: 'a' type: 'Slice' bottom: 'x0' top: 'p' top: 'q' slice_param { axis: 3 } } layer { name: 'j' type: 'Eltwise' bottom: 'p' bottom: 'q' top: 'y' }"),
        ["Softmax"] = new("1,6,5,7", $"type: 'Softmax' {Unary}"),
        ["Split"] = new("1,3,5,7", "layer { name: 'a' type: 'Split' bottom: 'x0' top: 'p' top: 'q' } layer { name: 'j' type: 'Eltwise' bottom: 'p' bottom: 'q' top: 'y' }"),
        ["Swish"] = new("1,3,5,7", $"type: 'Swish' {Unary}", Expected: "x0 / (1 + np.exp(-x0))"),
        ["Swish, steeper"] = new("1,3,5,7", $"type: 'Swish' {Unary} swish_param {{ beta: 2 }}", Expected: "x0 / (1 + np.exp(-2 * x0))"),
        ["TanH"] = new("1,3,5,7", $"type: 'TanH' {Unary}"),
        ["Tile"] = new("1,3,5,7", $"type: 'Tile' {Unary} tile_param {{ axis: 2 tiles: 3 }}", Expected: "np.tile(x0, (1, 1, 3, 1))"),
        ["Upsample"] = new("1,3,5,7", $"type: 'Upsample' {Unary} upsample_param {{ scale: 3 }}", Expected: "x0.repeat(3, 2).repeat(3, 3)"),
    };
}
