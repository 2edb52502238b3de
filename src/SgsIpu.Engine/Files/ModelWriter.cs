using SgsIpu.Engine.Compilation;
using SgsIpu.Frontends.Onnx;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Files;

/// <summary>Writes models to files, whole or not at all.</summary>
internal static class ModelWriter
{
    public static void Write(IpuModel model, string path, ModelFormat format, bool overwrite, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> content = (model.Stage, format) switch
        {
            (IpuStage.Offline, _) => ImageWriter.Write(model),
            (_, ModelFormat.Sim) => SimFile.Content(model),
            (IpuStage.Float, _) => OnnxWriter.Write(new OnnxEmitter(model.Graph).Emit([.. model.Graph.Outputs])),
            _ => OnnxWriter.Write(QdqExport.Of(model.Graph, cancellationToken)),
        };
        AtomicFile.Write(path, content, overwrite, cancellationToken);
    }
}
