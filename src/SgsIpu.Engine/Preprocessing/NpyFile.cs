using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SgsIpu.Core;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>Arrays in NumPy's .npy format, versions 1 to 3, little-endian and in C order.</summary>
public static partial class NpyFile
{
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads an array.</summary>
    /// <param name="name">For messages.</param>
    /// <exception cref="IpuException">The bytes are no such array (id <c>NpyDamaged</c>).</exception>
    public static Tensor Read(ReadOnlySpan<byte> file, string name)
    {
        if (file.Length < 12 || !file.StartsWith(Magic))
        {
            throw Damaged(name, "it does not start as a .npy file does");
        }

        int start = file[6] == 1 ? 10 : 12;
        long headerLength = file[6] == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(file[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(file[8..]);
        if (start + headerLength > file.Length)
        {
            throw Damaged(name, "its header is cut off");
        }

        string header = Encoding.Latin1.GetString(file.Slice(start, (int)headerLength));
        Match match = Header().Match(header);
        if (!match.Success)
        {
            throw Damaged(name, "its header has no type, order and shape");
        }

        if (match.Groups["order"].Value == "True")
        {
            throw Damaged(name, "it is in Fortran order; save it with numpy.ascontiguousarray");
        }

        DataType type = TypeOf(match.Groups["type"].Value, name);
        long count = 1;
        var dimensions = new List<int>();
        foreach (string part in match.Groups["shape"].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!int.TryParse(part.TrimEnd('L'), NumberStyles.None, CultureInfo.InvariantCulture, out int d) || (count *= d) > int.MaxValue)
            {
                throw Damaged(name, $"its shape ({match.Groups["shape"].Value}) is not possible");
            }

            dimensions.Add(d);
        }

        ReadOnlySpan<byte> data = file[(start + (int)headerLength)..];
        var shape = new Shape([.. dimensions]);
        long bytes = type.ByteCount(shape.Count);
        return data.Length == bytes
            ? new Tensor(type, shape, data.ToArray())
            : throw Damaged(name, $"{type} {shape} takes {bytes} bytes, {data.Length} follow the header");
    }

    /// <summary>The bytes of a file that holds a tensor.</summary>
    public static byte[] Write(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        string shape = string.Join(", ", tensor.Shape.Select(d => d.ToString(CultureInfo.InvariantCulture))) + (tensor.Shape.Rank == 1 ? "," : "");
        string header = $"{{'descr': '{CodeOf(tensor.Type)}', 'fortran_order': False, 'shape': ({shape}), }}";

        // NumPy aligns the data to 64 bytes with spaces and ends the header with a line feed.
        header = header.PadRight(((10 + header.Length + 1 + 63) / 64 * 64) - 11) + "\n";
        var file = new byte[10 + header.Length + tensor.Bytes.Length];
        Magic.CopyTo(file);
        file[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(8), (ushort)header.Length);
        Encoding.Latin1.GetBytes(header, file.AsSpan(10));
        tensor.Bytes.CopyTo(file.AsSpan(10 + header.Length));
        return file;
    }

    private static DataType TypeOf(string code, string name) => code switch
    {
        "<f4" => DataType.Float32,
        "<f8" => DataType.Float64,
        "<f2" => DataType.Float16,
        "|u1" => DataType.UInt8,
        "|i1" => DataType.Int8,
        "<i2" => DataType.Int16,
        "<u2" => DataType.UInt16,
        "<i4" => DataType.Int32,
        "<i8" => DataType.Int64,
        "|b1" => DataType.Bool,
        _ => throw Damaged(name, $"elements of type '{code}' are not supported; little-endian numbers and booleans are"),
    };

    private static string CodeOf(DataType type) => type switch
    {
        DataType.Float32 => "<f4",
        DataType.Float64 => "<f8",
        DataType.Float16 => "<f2",
        DataType.UInt8 => "|u1",
        DataType.Int8 => "|i1",
        DataType.Int16 => "<i2",
        DataType.UInt16 => "<u2",
        DataType.Int32 => "<i4",
        DataType.Int64 => "<i8",
        DataType.Bool => "|b1",
        _ => throw new IpuException("NpyType", $"NumPy has no elements of type {type}", IpuErrorKind.NotSupported),
    };

    private static IpuException Damaged(string name, string why) => new("NpyDamaged", $"'{name}' is no array file: {why}") { Target = name };

    [GeneratedRegex(@"^\{\s*'descr':\s*'(?<type>[^']{2,4})',\s*'fortran_order':\s*(?<order>True|False),\s*'shape':\s*\((?<shape>[\d,\sL]{0,200})\),?\s*\}\s*$")]
    private static partial Regex Header();
}
