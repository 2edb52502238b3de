using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Frontends.Caffe;

/// <summary>One layer of the text, in today's form.</summary>
internal sealed record CaffeLayer(string Name, string Type, ImmutableArray<string> Bottoms, ImmutableArray<string> Tops, TextMessage Message, int Line)
{
    /// <summary>Layers that only bring data in: their blobs are the inputs.</summary>
    public bool IsInput => Type is "Input" or "DummyData" || (Bottoms.IsEmpty && Type.EndsWith("Data", StringComparison.Ordinal));

    /// <summary>Layers that measure how well a network does.</summary>
    public bool IsTraining => Type is "Accuracy" or "DetectionEvaluate" or "HDF5Output" || Type.EndsWith("Loss", StringComparison.Ordinal);

    /// <summary>Layers that do nothing at inference: silence, and dropout in place.</summary>
    public bool IsIdle => Type == "Silence" || (Type == "Dropout" && Bottoms.SequenceEqual(Tops));

    /// <exception cref="IpuException">The layer is no message, has no type, or one of before 2014.</exception>
    public static CaffeLayer Read(TextField field, int index, string path)
    {
        if (field.Value is not TextMessage message)
        {
            throw Wrong("CaffeSyntax", "a layer is a message in braces");
        }

        if (message.All("layer").Any())
        {
            throw Wrong("CaffeVersion", "the layers have the form of before 2014; upgrade the file with Caffe's upgrade_net_proto_text");
        }

        string type = message.All("type").LastOrDefault() switch
        {
            string quoted => quoted,
            TextName name => CaffeOldTypes.Upgrade(name.Text) ?? throw Wrong("CaffeLayerType", $"'{name.Text}' is no layer type"),
            long number => CaffeOldTypes.Upgrade(number) ?? throw Wrong("CaffeLayerType", $"{number} is no layer type"),
            _ => throw Wrong("CaffeLayerType", $"layer '{message.Text("name")}' has no type"),
        };
        string label = message.Text("name") is { Length: > 0 } given ? given : $"{type}_{index}";
        return new CaffeLayer(label, type, [.. message.Texts("bottom")], [.. message.Texts("top")], message, field.Line);

        IpuException Wrong(string id, string what) => new(id, $"'{path}', line {field.Line}: {what}") { Target = path };
    }
}
