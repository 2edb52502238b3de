using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>One input of a model and how its arrays are made.</summary>
/// <param name="Spec">What the model takes at its stage.</param>
internal sealed record SampleInput(TensorSpec Spec, InputSetting? Setting, IPreprocessor Preprocessor)
{
    private static readonly ImmutableArray<int> ToNhwc = [0, 2, 3, 1];
    private static readonly ImmutableArray<int> ToNchw = [0, 3, 1, 2];

    /// <summary>The array of a file, in the type and shape of the input.</summary>
    /// <exception cref="IpuException">It has another shape or cannot be converted (ids <c>SampleShape</c>, <c>SampleType</c>).</exception>
    public Tensor Read(string path, bool norm, CancellationToken cancellationToken)
    {
        // An array file holds what the model takes at its stage.
        if (Preprocessor is RecipePreprocessor && Path.GetExtension(path).Equals(".npy", StringComparison.OrdinalIgnoreCase))
        {
            return Converted(Shaped(NpyFile.Read(Files.InputFile.Read(path), path), path), path);
        }

        Tensor array = Preprocessor.Read(path, norm, cancellationToken);
        if (!norm && Setting is { IsImage: true } setting)
        {
            array = Board(Image(array, setting, path), setting);
        }

        return Converted(Shaped(array, path), path);
    }

    /// <summary>UINT8 NHWC in the training format.</summary>
    private Tensor Image(Tensor array, InputSetting setting, string path)
    {
        int channels = setting.TrainingFormat == ImageFormat.GRAY ? 1 : 3;
        Shape shape = array.Shape.Rank == 3 ? new Shape([1, .. array.Shape]) : array.Shape;
        array = array.Reshape(shape);
        if (shape.Rank == 4 && shape[3] != channels && shape[1] == channels)
        {
            array = array.Transpose(ToNhwc.AsSpan());
        }

        return array.Shape.Rank == 4 && array.Shape[3] == channels
            ? Cast(array, DataType.UInt8, path)
            : throw Fault("SampleShape", path, $"{array.Shape} is no {setting.TrainingFormat} image [1, height, width, {channels}]");
    }

    private static Tensor Board(Tensor image, InputSetting setting)
    {
        Tensor board = BoardInput.Convert(image, setting);
        return setting.ChannelsFirst && setting.Format != ImageFormat.YUV_NV12 ? board.Transpose(ToNchw.AsSpan()) : board;
    }

    private Tensor Shaped(Tensor array, string path)
    {
        if (array.Shape == Spec.Shape)
        {
            return array;
        }

        // A script may leave the batch out, or keep the framework's order.
        if (array.Shape.Rank + 1 == Spec.Shape.Rank && Spec.Shape[0] == 1)
        {
            array = array.Reshape(new Shape([1, .. array.Shape]));
        }

        if (array.Shape.Rank == 4 && array.Shape != Spec.Shape && array.Shape.Permute(ToNhwc.AsSpan()) == Spec.Shape)
        {
            array = array.Transpose(ToNhwc.AsSpan());
        }

        return array.Shape == Spec.Shape ? array : throw Fault("SampleShape", path, $"{array.Shape} does not fit {Spec.Shape}");
    }

    private Tensor Converted(Tensor array, string path) => array.Type == Spec.Type ? array : Cast(array, Spec.Type, path);

    private Tensor Cast(Tensor array, DataType type, string path) => (array.Type, type) switch
    {
        _ when array.Type == type => array,
        (_, DataType.Float32) => Tensor.FromArray<float>(array.ToFloats(), array.Shape),
        (_, DataType.UInt8) => Tensor.FromArray<byte>([.. array.ToFloats().Select(v => (byte)Math.Clamp(MathF.Round(v), byte.MinValue, byte.MaxValue))], array.Shape),
        (_, DataType.Int16) => Tensor.FromArray<short>([.. array.ToFloats().Select(v => (short)Math.Clamp(MathF.Round(v), short.MinValue, short.MaxValue))], array.Shape),
        (not (DataType.Float32 or DataType.Float64 or DataType.Float16), DataType.Int32) => Tensor.FromArray<int>(array.ToInts(), array.Shape),
        (not (DataType.Float32 or DataType.Float64 or DataType.Float16), DataType.Int64) => Tensor.FromArray<long>(array.ToLongs(), array.Shape),
        _ => throw Fault("SampleType", path, $"{array.Type} cannot become {type}"),
    };

    private IpuException Fault(string errorId, string path, string message) =>
        new(errorId, $"'{path}' for input '{Spec.Name}': {message}", IpuErrorKind.InvalidArgument) { Target = path };
}
