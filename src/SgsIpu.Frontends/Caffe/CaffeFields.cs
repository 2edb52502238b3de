using System.Collections.Frozen;
using System.Collections.Immutable;

namespace SgsIpu.Frontends.Caffe;

/// <summary>The fields that the format has, so that others can be told of. A parameter message that is not here belongs to a fork.</summary>
internal static class CaffeFields
{
    public static ImmutableHashSet<string> Net { get; } = Set("name input input_shape input_dim force_backward state debug_info layer layers");

    public static ImmutableHashSet<string> Layer { get; } =
    [
        .. Set("name type bottom top loss_weight param blobs propagate_down include exclude phase blobs_lr weight_decay blob_share_mode transform_param loss_param"),
        .. "accuracy argmax axpy batch_norm bias channel_shuffle clip concat continuation_indicator contrastive_loss convolution crop data detection_evaluate detection_output dropout dummy_data eltwise elu embed exp flatten hdf5_data hdf5_output hinge_loss image_data infogain_loss inner_product input interp log lrn memory_data mvn norm parameter permute pooling power prelu prior_box psroi_pooling python recurrent reduction relu relu6 reorg reshape reverse roi_pooling scale shuffle_channel sigmoid slice softmax spp swish tanh threshold tile upsample window_data"
            .Split(' ').Select(n => n + "_param"),
    ];

    public static FrozenDictionary<string, ImmutableHashSet<string>> Parameters { get; } = new Dictionary<string, ImmutableHashSet<string>>
    {
        ["argmax_param"] = Set("out_max_val top_k axis"),
        ["batch_norm_param"] = Set("use_global_stats moving_average_fraction eps"),
        ["bias_param"] = Set("axis num_axes filler"),
        ["concat_param"] = Set("axis concat_dim"),
        ["convolution_param"] = Set("num_output bias_term pad kernel_size stride dilation pad_h pad_w kernel_h kernel_w stride_h stride_w group weight_filler bias_filler engine axis force_nd_im2col"),
        ["crop_param"] = Set("axis offset"),
        ["detection_output_param"] = Set("num_classes share_location background_label_id nms_param save_output_param code_type variance_encoded_in_target keep_top_k confidence_threshold visualize visualize_threshold save_file"),
        ["dropout_param"] = Set("dropout_ratio scale_train"),
        ["eltwise_param"] = Set("operation coeff stable_prod_grad"),
        ["elu_param"] = Set("alpha"),
        ["exp_param"] = Set("base scale shift"),
        ["flatten_param"] = Set("axis end_axis"),
        ["inner_product_param"] = Set("num_output bias_term weight_filler bias_filler axis transpose"),
        ["log_param"] = Set("base scale shift"),
        ["lrn_param"] = Set("local_size alpha beta norm_region k engine"),
        ["norm_param"] = Set("across_spatial scale_filler channel_shared eps"),
        ["permute_param"] = Set("order"),
        ["pooling_param"] = Set("pool pad pad_h pad_w kernel_size kernel_h kernel_w stride stride_h stride_w engine global_pooling round_mode ceil_mode"),
        ["power_param"] = Set("power scale shift"),
        ["prelu_param"] = Set("filler channel_shared"),
        ["prior_box_param"] = Set("min_size max_size aspect_ratio flip clip variance img_size img_h img_w step step_h step_w offset"),
        ["recurrent_param"] = Set("num_output weight_filler bias_filler debug_info expose_hidden"),
        ["relu_param"] = Set("negative_slope engine"),
        ["reshape_param"] = Set("shape axis num_axes"),
        ["scale_param"] = Set("axis num_axes filler bias_term bias_filler"),
        ["sigmoid_param"] = Set("engine"),
        ["slice_param"] = Set("axis slice_point slice_dim"),
        ["softmax_param"] = Set("engine axis"),
        ["tanh_param"] = Set("engine"),
        ["tile_param"] = Set("axis tiles"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static ImmutableHashSet<string> Set(string names) => [.. names.Split(' ')];
}
