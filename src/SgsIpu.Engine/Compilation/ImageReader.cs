using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using SgsIpu.Core;
using SgsIpu.Engine.Files;

namespace SgsIpu.Engine.Compilation;

/// <summary>Reads <c>.img</c> files. Nothing of a file is used before its length, checksum, references, types, shapes and plan are verified.</summary>
public static class ImageReader
{
    /// <param name="file">The model's constants are slices of it, so nothing may write to it afterwards.</param>
    /// <param name="path">Where the bytes come from, for messages.</param>
    /// <exception cref="IpuException">
    /// The bytes are no image (id <c>NotAnImage</c>), of another version (<c>ImageVersion</c>), cut off (<c>ImageTruncated</c>), or
    /// damaged (<c>ImageDamaged</c>).
    /// </exception>
    public static IpuModel Read(ReadOnlyMemory<byte> file, string path)
    {
        IpuException Damaged(string what) => ImageLayout.Damaged(path, what);
        CheckHeader(file.Span, path);
        Dictionary<string, ReadOnlyMemory<byte>> sections = Sections(file, Damaged);
        ReadOnlyMemory<byte> Section(string name) => sections.TryGetValue(name, out ReadOnlyMemory<byte> s) ? s : throw Damaged($"section '{name}' is missing");

        ImageHeader header = ModelJson.Read(Section(ImageLayout.ModelSection).Span, ImageHeader.Read, Damaged);
        ReadOnlyMemory<byte> data = Section(ImageLayout.DataSection);
        Graph graph = ModelJson.Read(Section(ImageLayout.GraphSection).Span, GraphDocument.Read, Damaged).ToGraph(t => Content(t, data, Damaged), Damaged);
        MemoryPlan plan = Plan(graph, header, ModelJson.Read(Section(ImageLayout.PlanSection).Span, MemoryBlocks, Damaged), Damaged);
        if (OfflineImage.Sizes(graph, plan) != header.Sizes)
        {
            throw Damaged("the sizes that it names are not those of its tensors");
        }

        if (header.Batch.IsEmpty || header.Batch[0] < 1 || header.Batch.Zip(header.Batch.Skip(1)).Any(p => p.First >= p.Second) || !Enum.IsDefined(header.BatchMode))
        {
            throw Damaged("its batch sizes are not positive and ascending");
        }

        if (!Enum.IsDefined(header.Category))
        {
            throw Damaged($"its category {(int)header.Category} is unknown");
        }

        return new IpuModel(header.Name, IpuStage.Offline, graph)
        {
            SocVersion = header.Soc is { Length: > 0 } soc ? soc : throw Damaged("it names no SoC"),
            SourcePath = path,
            InputConfig = sections.TryGetValue(ImageLayout.ConfigSection, out ReadOnlyMemory<byte> config) ? ModelConfig.Read(config.Span, path, Damaged) : null,
            Image = new OfflineImage(plan, header.Batch, header.BatchMode) { ToolVersion = header.ToolVersion, Category = header.Category },
        };
    }

    private static void CheckHeader(ReadOnlySpan<byte> file, string path)
    {
        if (!ImageLayout.IsImage(file))
        {
            throw new IpuException("NotAnImage", $"'{path}' is no offline image: it does not begin as one") { Target = path };
        }

        if (file.Length < ImageLayout.HeaderBytes)
        {
            throw Truncated(path, file.Length, ImageLayout.HeaderBytes);
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(file[ImageLayout.VersionAt..]);
        if (version != ImageLayout.Version)
        {
            throw new IpuException("ImageVersion", $"'{path}' has format version {version}; this tool reads version {ImageLayout.Version}", IpuErrorKind.NotSupported) { Target = path };
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file[ImageLayout.FileLengthAt..]);
        if ((ulong)file.Length < length)
        {
            throw Truncated(path, file.Length, length);
        }

        if ((ulong)file.Length > length)
        {
            throw ImageLayout.Damaged(path, $"it has {file.Length} bytes, its header says {length}");
        }

        if (!ImageLayout.Digest(file).AsSpan().SequenceEqual(file.Slice(ImageLayout.DigestAt, ImageLayout.DigestBytes)))
        {
            throw ImageLayout.Damaged(path, "its checksum does not fit its content");
        }
    }

    private static IpuException Truncated(string path, long length, ulong wanted) =>
        new("ImageTruncated", $"'{path}' is cut off: it has {length} of {wanted} bytes; copy it again") { Target = path };

    /// <summary>The sections by name; those that this version does not know are left alone.</summary>
    private static Dictionary<string, ReadOnlyMemory<byte>> Sections(ReadOnlyMemory<byte> file, Func<string, IpuException> damaged)
    {
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(file.Span[ImageLayout.SectionCountAt..]);
        long end = ImageLayout.HeaderBytes + ((long)count * ImageLayout.EntryBytes);
        if (end > file.Length)
        {
            throw damaged($"its table of {count} sections does not fit in it");
        }

        var sections = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = file.Span.Slice(ImageLayout.HeaderBytes + (i * ImageLayout.EntryBytes), ImageLayout.EntryBytes);
            string name = Encoding.ASCII.GetString(entry[..ImageLayout.EntryNameBytes]).TrimEnd('\0');
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(entry[ImageLayout.EntryOffsetAt..]);
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(entry[ImageLayout.EntryLengthAt..]);
            if (offset < (ulong)end || offset % MemoryPlanner.Alignment != 0 || offset > (ulong)file.Length || length > (ulong)file.Length - offset)
            {
                throw damaged($"section '{name}' lies at {offset}, {length} bytes long, in a file of {file.Length}");
            }

            if (!sections.TryAdd(name, file.Slice((int)offset, (int)length)))
            {
                throw damaged($"section '{name}' is there twice");
            }

            end = (long)(offset + length);
        }

        return sections;
    }

    private static ReadOnlyMemory<byte> Content(TensorDocument tensor, ReadOnlyMemory<byte> data, Func<string, IpuException> damaged)
    {
        long at = tensor.Constant!.Value;
        long length = tensor.Type.ByteCount(tensor.Shape.Count);
        return at >= 0 && at % MemoryPlanner.Alignment == 0 && at <= data.Length - length
            ? data.Slice((int)at, (int)length)
            : throw damaged($"the values of '{tensor.Name}' lie at {at}, {length} bytes long, in {data.Length} bytes of constants");
    }

    private static ImmutableArray<MemoryBlock> MemoryBlocks(ref Utf8JsonReader json) => JsonFields.Elements(ref json, ReadBlock);

    private static MemoryBlock ReadBlock(ref Utf8JsonReader json)
    {
        JsonFields.RequireObject(ref json);
        string? tensor = null;
        long? offset = null;
        long? size = null;
        int? first = null;
        int? last = null;
        while (JsonFields.NextField(ref json))
        {
            if (json.ValueTextEquals("tensor"u8))
            {
                tensor = JsonFields.Text(ref json);
            }
            else if (json.ValueTextEquals("offset"u8))
            {
                offset = JsonFields.Int64(ref json);
            }
            else if (json.ValueTextEquals("size"u8))
            {
                size = JsonFields.Int64(ref json);
            }
            else if (json.ValueTextEquals("first"u8))
            {
                first = JsonFields.Int32(ref json);
            }
            else if (json.ValueTextEquals("last"u8))
            {
                last = JsonFields.Int32(ref json);
            }
            else
            {
                JsonFields.Skip(ref json);
            }
        }

        return new MemoryBlock(
            JsonFields.Required(tensor, "tensor"),
            JsonFields.Required(offset, "offset"),
            JsonFields.Required(size, "size"),
            JsonFields.Required(first, "first"),
            JsonFields.Required(last, "last"));
    }

    private static MemoryPlan Plan(Graph graph, ImageHeader header, ImmutableArray<MemoryBlock> blocks, Func<string, IpuException> damaged)
    {
        if (blocks.Any(b => string.IsNullOrEmpty(b.Tensor)) || blocks.DistinctBy(b => b.Tensor).Count() != blocks.Length)
        {
            throw damaged("its memory plan names a tensor twice or not at all");
        }

        if (header.Sizes.Arena < 0 || header.Sizes.Arena > Array.MaxLength - MemoryPlanner.Alignment)
        {
            throw damaged($"its arena of {header.Sizes.Arena} bytes is out of range");
        }

        var plan = new MemoryPlan(header.Sizes.Arena, blocks);
        return MemoryPlanner.Fault(graph, plan) is { } fault ? throw damaged($"its memory plan is wrong: {fault}") : plan;
    }
}
