using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using SgsIpu.Core;
using SgsIpu.Engine.Files;

namespace SgsIpu.Engine.Compilation;

/// <summary>Writes offline models as <c>.img</c>. The same model always gives the same bytes.</summary>
public static class ImageWriter
{
    /// <exception cref="IpuException">The model is no offline model (id <c>WrongStage</c>), or takes more than 2 GB (id <c>ImageTooLarge</c>).</exception>
    public static byte[] Write(IpuModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Image is not { } image)
        {
            throw new IpuException("WrongStage", $"model '{model.Name}' is {model.Stage}; only offline models are written as images, so compile it first", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }

        ImmutableArray<TensorSpec> order = GraphDocument.TensorOrder(model.Graph);
        (byte[] data, Dictionary<string, long> places) = Constants(model, order);
        var header = new ImageHeader(
            image.ToolVersion,
            model.Name,
            model.SocVersion,
            Path.GetFileName(model.SourcePath),
            image.Batch,
            image.BatchMode,
            image.Category,
            OfflineImage.Sizes(model.Graph, image.Plan));
        var sections = new List<(string Name, byte[] Content)>
        {
            (ImageLayout.ModelSection, ModelJson.Write(header)),
            (ImageLayout.GraphSection, ModelJson.Write(GraphDocument.Of(model.Graph, order, t => places[t.Name]))),
            (ImageLayout.PlanSection, ModelJson.Write(image.Plan.Blocks.ToArray())),
            (ImageLayout.DataSection, data),
        };
        if (model.InputConfig is { Text.Length: > 0 } config)
        {
            sections.Insert(1, (ImageLayout.ConfigSection, Encoding.UTF8.GetBytes(config.Text)));
        }

        return Assemble(model, sections);
    }

    /// <summary>All constants one after the other, aligned, equal ones once.</summary>
    private static (byte[] Data, Dictionary<string, long> Places) Constants(IpuModel model, ImmutableArray<TensorSpec> order)
    {
        var places = new Dictionary<string, long>(StringComparer.Ordinal);
        var seen = new Dictionary<string, long>(StringComparer.Ordinal);
        var parts = new List<(long At, Tensor Value)>();
        long end = 0;
        foreach (TensorSpec tensor in order.Where(t => t.IsConstant))
        {
            string digest = Convert.ToHexString(SHA256.HashData(tensor.Constant!.Bytes));
            if (!seen.TryGetValue(digest, out long at))
            {
                at = end;
                seen.Add(digest, at);
                parts.Add((at, tensor.Constant));
                end = MemoryPlanner.Align(at + tensor.ByteCount);
            }

            places.Add(tensor.Name, at);
        }

        byte[] data = new byte[Checked(model, end)];
        foreach ((long at, Tensor value) in parts)
        {
            value.Bytes.CopyTo(data.AsSpan((int)at));
        }

        return (data, places);
    }

    private static byte[] Assemble(IpuModel model, List<(string Name, byte[] Content)> sections)
    {
        var offsets = new List<long>();
        long end = ImageLayout.HeaderBytes + (sections.Count * ImageLayout.EntryBytes);
        foreach ((_, byte[] content) in sections)
        {
            offsets.Add(MemoryPlanner.Align(end));
            end = offsets[^1] + content.Length;
        }

        byte[] file = new byte[Checked(model, end)];
        ImageLayout.Magic.CopyTo(file);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(ImageLayout.VersionAt), ImageLayout.Version);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(ImageLayout.SectionCountAt), (uint)sections.Count);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(ImageLayout.FileLengthAt), (ulong)end);
        for (int i = 0; i < sections.Count; i++)
        {
            Span<byte> entry = file.AsSpan(ImageLayout.HeaderBytes + (i * ImageLayout.EntryBytes), ImageLayout.EntryBytes);
            Encoding.ASCII.GetBytes(sections[i].Name, entry);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[ImageLayout.EntryOffsetAt..], (ulong)offsets[i]);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[ImageLayout.EntryLengthAt..], (ulong)sections[i].Content.Length);
            sections[i].Content.CopyTo(file, offsets[i]);
        }

        ImageLayout.Digest(file).CopyTo(file, ImageLayout.DigestAt);
        return file;
    }

    private static long Checked(IpuModel model, long bytes) => bytes <= Array.MaxLength
        ? bytes
        : throw new IpuException("ImageTooLarge", $"the image of model '{model.Name}' takes {bytes} bytes; {Array.MaxLength} are possible", IpuErrorKind.NotSupported) { Target = model.Name };
}
