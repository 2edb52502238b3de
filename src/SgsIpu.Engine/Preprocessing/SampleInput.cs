using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>One input of a model and how its arrays are made.</summary>
/// <param name="Spec">What the model takes at its stage.</param>
/// <param name="Size">Of the image behind the input; null where it is none.</param>
internal sealed record SampleInput(TensorSpec Spec, InputSetting? Setting, (int Height, int Width)? Size, IPreprocessor Preprocessor)
{
    private static readonly ImmutableArray<int> ToNhwc = [0, 2, 3, 1];
    private static readonly ImmutableArray<int> ToNchw = [0, 3, 1, 2];

    /// <summary>The array of a file, in the type and shape of the input.</summary>
    /// <exception cref="IpuException">It has another shape or cannot be converted (ids <c>SampleShape</c>, <c>SampleType</c>).</exception>
    public Tensor Read(string path, bool norm, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        bool recipe = Preprocessor is RecipePreprocessor;
        bool given = recipe && Path.GetExtension(path).Equals(".npy", StringComparison.OrdinalIgnoreCase);
        Tensor array = Batched(given ? NpyFile.Read(Files.InputFile.Read(path), path) : Preprocessor.Read(path, norm, cancellationToken));
        bool bytes = given && array.Shape == Spec.Shape && array.Type == Spec.Type;
        if (!bytes && Setting is { IsImage: true } setting && Image(array, setting) is { } image)
        {
            // Where a file does not hold what the model takes, its real numbers are normalized and its integers are an image's.
            image = (given, norm, image.Type.IsFloat()) switch
            {
                (true, true, false) => Normalization.Apply(image, setting, setting.TrainingFormat),
                (true, false, true) => Normalization.Revert(image, setting, setting.TrainingFormat),
                _ => image,
            };
            array = norm ? image : Board(Cast(image, DataType.UInt8, path), setting);
        }

        return Cast(Shaped(array, preferTurned: norm && !recipe && Setting?.ChannelsFirst == true, path), Spec.Type, path);
    }

    /// <summary>Scripts may leave the batch out, and those that know no shapes may hand over a flat array.</summary>
    private Tensor Batched(Tensor array)
    {
        if (array.Shape.Rank == 1 && Spec.Shape.Rank > 1)
        {
            int channels = Setting?.TrainingFormat == ImageFormat.GRAY ? 1 : 3;
            return Setting is { IsImage: true } && Size is { } size && array.Count == (long)size.Height * size.Width * channels
                ? array.Reshape(new Shape(1, size.Height, size.Width, channels))
                : array.Count == Spec.Shape.Count ? array.Reshape(Spec.Shape) : array;
        }

        return array.Shape.Rank + 1 == Spec.Shape.Rank && Spec.Shape[0] == 1 ? array.Reshape(new Shape([1, .. array.Shape])) : array;
    }

    /// <summary>NHWC in the training format; null where the array holds no such image, but perhaps the board's bytes.</summary>
    private Tensor? Image(Tensor array, InputSetting setting)
    {
        int channels = setting.TrainingFormat == ImageFormat.GRAY ? 1 : 3;
        if (Size is not { } size || array.Shape.Rank != 4)
        {
            return null;
        }

        (int h, int w) = size;
        bool last = array.Shape[1] == h && array.Shape[2] == w && array.Shape[3] == channels;
        bool first = array.Shape[1] == channels && array.Shape[2] == h && array.Shape[3] == w;
        return first && (!last || setting.ChannelsFirst) ? array.Transpose(ToNhwc.AsSpan()) : last ? array : null;
    }

    private static Tensor Board(Tensor image, InputSetting setting)
    {
        Tensor board = BoardInput.Convert(image, setting);
        return setting.ChannelsFirst && setting.Format != ImageFormat.YUV_NV12 ? board.Transpose(ToNchw.AsSpan()) : board;
    }

    /// <summary>The input's shape, from either order of a 4-D array.</summary>
    /// <param name="preferTurned">The array is NCHW by contract, even where its sides do not tell.</param>
    private Tensor Shaped(Tensor array, bool preferTurned, string path)
    {
        bool toNhwc = array.Shape.Rank == 4 && array.Shape.Permute(ToNhwc.AsSpan()) == Spec.Shape;
        if (array.Shape == Spec.Shape && !(preferTurned && toNhwc && Setting is { IsImage: false }))
        {
            return array;
        }

        return toNhwc ? array.Transpose(ToNhwc.AsSpan())
            : array.Shape.Rank == 4 && array.Shape.Permute(ToNchw.AsSpan()) == Spec.Shape ? array.Transpose(ToNchw.AsSpan())
            : throw Fault("SampleShape", path, $"{array.Shape} does not fit {Spec.Shape}{Expected()}");
    }

    private string Expected() => Setting is { IsImage: true } setting && Size is { } size
        ? $", nor is it a {setting.TrainingFormat} image of {size.Height} rows and {size.Width} columns"
        : "";

    private Tensor Cast(Tensor array, DataType type, string path) => (array.Type.IsFloat(), type) switch
    {
        _ when array.Type == type => array,
        (_, DataType.Float32) => Tensor.FromArray<float>(array.ToFloats(), array.Shape),
        (true, DataType.UInt8 or DataType.Int16) when Spec.Quant is { IsPerTensor: true } quant && Setting is not { IsImage: true } => Quantized(array, type, quant),
        (_, DataType.UInt8) => Tensor.FromArray<byte>([.. array.ToFloats().Select(v => (byte)Math.Clamp(MathF.Round(v), byte.MinValue, byte.MaxValue))], array.Shape),
        (_, DataType.Int16) => Tensor.FromArray<short>([.. array.ToFloats().Select(v => (short)Math.Clamp(MathF.Round(v), short.MinValue, short.MaxValue))], array.Shape),
        (false, DataType.Int32) => Int32(array, path),
        (false, DataType.Int64) => Tensor.FromArray<long>(array.ToLongs(), array.Shape),
        (false, DataType.UInt16) when array.ToLongs().All(v => v is >= 0 and <= ushort.MaxValue) => Tensor.FromArray<ushort>([.. array.ToLongs().Select(v => (ushort)v)], array.Shape),
        (false, DataType.Bool) => new Tensor(DataType.Bool, array.Shape, [.. array.ToLongs().Select(v => v != 0 ? (byte)1 : (byte)0)]),
        _ => throw Fault("SampleType", path, $"{array.Type} cannot become {type}"),
    };

    /// <summary>Real numbers for an input that takes quantized values.</summary>
    private static Tensor Quantized(Tensor array, DataType type, QuantParam quant)
    {
        float[] values = array.ToFloats();
        (double scale, int zero) = (quant.Scale[0], quant.ZeroPoint);
        return type == DataType.UInt8
            ? Tensor.FromArray<byte>([.. values.Select(v => (byte)Math.Clamp(Math.Floor((v / scale) + 0.5) + zero, byte.MinValue, byte.MaxValue))], array.Shape)
            : Tensor.FromArray<short>([.. values.Select(v => (short)Math.Clamp(Math.Floor((v / scale) + 0.5) + zero, short.MinValue, short.MaxValue))], array.Shape);
    }

    private Tensor Int32(Tensor array, string path)
    {
        long[] values = array.ToLongs();
        return values.All(v => v is >= int.MinValue and <= int.MaxValue)
            ? Tensor.FromArray<int>([.. values.Select(v => (int)v)], array.Shape)
            : throw Fault("SampleType", path, $"an element of the {array.Type} array does not fit {DataType.Int32}");
    }

    private IpuException Fault(string errorId, string path, string message) =>
        new(errorId, $"'{path}' for input '{Spec.Name}': {message}", IpuErrorKind.InvalidArgument) { Target = path };
}
