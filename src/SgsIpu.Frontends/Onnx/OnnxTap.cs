using System.Globalization;
using Google.Protobuf;
using SgsIpu.Core;
using SgsIpu.Frontends.Onnx.Proto;

namespace SgsIpu.Frontends.Onnx;

/// <summary>Makes tensors inside of an ONNX model outputs of it, with everything else as it was.</summary>
public static class OnnxTap
{
    /// <summary>Bytes of values that are handed out apart from the model.</summary>
    private const int LargeBytes = 64 << 10;

    /// <param name="file">A serialized ModelProto that holds its weights.</param>
    /// <param name="wanted">Tensors that are asked for; those that no node of the main graph computes are passed over.</param>
    /// <param name="name">Stands for the file in messages.</param>
    /// <returns>The model, the contents of files that it takes large initializers from, which are slices of the file, and which of the tensors it gives now.</returns>
    /// <exception cref="IpuException">It is no ONNX model (id <c>OnnxDamaged</c>).</exception>
    public static (byte[] Model, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files, IReadOnlyList<string> Outputs) Expose(byte[] file, IReadOnlySet<string> wanted, string name)
    {
        ArgumentNullException.ThrowIfNull(file);
        Model model = OnnxReader.Parse(new MemoryStream(file, writable: false), (offset, length) => file.AsMemory((int)offset, length), name);
        string[] outputs = [.. model.Graph.Node.SelectMany(n => n.Output).Where(wanted.Contains).Distinct(StringComparer.Ordinal)];
        foreach (string output in outputs.Except(model.Graph.Output.Select(o => o.Name), StringComparer.Ordinal))
        {
            // ONNX Runtime finds the type out itself.
            model.Graph.Output.Add(new ValueInfo { Name = output });
        }

        var files = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (TensorData large in model.Graph.Initializer.Where(i => i.RawData.Length >= LargeBytes && i.DataLocation != OnnxWriter.External))
        {
            string path = files.Count.ToString(CultureInfo.InvariantCulture);
            files[path] = large.RawData.Memory;
            large.RawData = ByteString.Empty;
            OnnxWriter.TakeFrom(large, path);
        }

        return (model.ToByteArray(), files, outputs);
    }
}
