using Google.Protobuf;
using SgsIpu.Core;
using SgsIpu.Frontends.Caffe.Proto;

namespace SgsIpu.Frontends.Caffe;

/// <summary>The weights of a caffemodel, by layer name.</summary>
internal static class CaffeWeights
{
    /// <summary>A net nests no deeper than layer, blob, shape; layers that are skipped nest further. Deeper files are hostile.</summary>
    private const int MaxDepth = 32;

    private static ReadOnlySpan<byte> Hdf5 => [0x89, (byte)'H', (byte)'D', (byte)'F'];

    /// <exception cref="IpuException">The file is truncated, damaged or no caffemodel, or a blob contradicts its own shape.</exception>
    public static IReadOnlyDictionary<string, Tensor[]> Read(ReadOnlyMemory<byte> bytes, string path)
    {
        if (bytes.Span.StartsWith(Hdf5))
        {
            throw new IpuException("CaffeHdf5", $"'{path}' holds its weights in HDF5; save the network as a binary caffemodel (snapshot_format: BINARYPROTO)", IpuErrorKind.NotSupported) { Target = path };
        }

        Net net = Parse(bytes, path);
        var result = new Dictionary<string, Tensor[]>(StringComparer.Ordinal);
        foreach (Layer layer in net.Layer)
        {
            Add(layer.Name, layer.Blobs);
        }

        foreach (OldLayer layer in net.Layers)
        {
            Add(layer.HasName ? layer.Name : layer.Layer?.Name ?? "", layer.Blobs.Count > 0 || layer.Layer is null ? layer.Blobs : layer.Layer.Blobs);
        }

        return net.Layer.Count + net.Layers.Count > 0
            ? result
            : throw new IpuException("CaffeDamaged", $"'{path}' is no caffemodel: it holds no layer") { Target = path };

        // A layer that comes twice, once for each phase, has its weights where it has any.
        void Add(string name, IReadOnlyList<Blob> blobs)
        {
            if (blobs.Count > 0)
            {
                result[name] = [.. blobs.Select((b, i) => ToTensor(b, path, name, i))];
            }
        }
    }

    private static Net Parse(ReadOnlyMemory<byte> bytes, string path)
    {
        try
        {
            using var stream = new MemoryStream(bytes.ToArray(), writable: false);
            return Net.Parser.ParseFrom(CodedInputStream.CreateWithLimits(stream, int.MaxValue, MaxDepth));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new IpuException("CaffeDamaged", $"'{path}' ({bytes.Length} bytes) is truncated, damaged or no caffemodel: {e.Message}", IpuErrorKind.InvalidFile, e) { Target = path };
        }
    }

    private static Tensor ToTensor(Blob blob, string path, string layer, int index)
    {
        long[] sizes = blob.Shape is { } shape ? [.. shape.Dim]
            : blob.HasNum || blob.HasChannels || blob.HasHeight || blob.HasWidth ? [blob.Num, blob.Channels, blob.Height, blob.Width]
            : [Math.Max(blob.Data.Count, blob.DoubleData.Count)];
        long stored = blob.DoubleData.Count > 0 ? blob.DoubleData.Count : blob.Data.Count;
        long count = 1;
        foreach (long size in sizes)
        {
            if (size is < 0 or > int.MaxValue || (count *= size) > int.MaxValue)
            {
                throw Damaged($"its shape [{string.Join(", ", sizes)}] is not possible");
            }
        }

        if (count != stored)
        {
            throw Damaged($"it holds {stored} elements, its shape [{string.Join(", ", sizes)}] takes {count}");
        }

        var dimensions = new Shape([.. sizes.Select(s => (int)s)]);
        return blob.DoubleData.Count > 0
            ? Tensor.FromArray<float>([.. blob.DoubleData.Select(v => (float)v)], dimensions)
            : Tensor.FromArray<float>([.. blob.Data], dimensions);

        IpuException Damaged(string what) => new("CaffeBlob", $"'{path}': weights {index} of layer '{layer}': {what}") { Target = layer };
    }
}
