namespace SgsIpu.Frontends.Caffe;

/// <summary>
/// A message in protobuf's text format, without a schema: its fields in the order of the file. A value is a <see cref="long"/>,
/// <see cref="float"/>, <see cref="string"/> (quoted), <see cref="TextName"/> (an enumeration's member, true, false, inf, nan) or a
/// <see cref="TextMessage"/>; a list is as many fields.
/// </summary>
internal sealed class TextMessage
{
    private readonly List<TextField> _fields = [];

    public IReadOnlyList<TextField> Fields => _fields;

    public void Add(TextField field) => _fields.Add(field);

    public IEnumerable<object> All(string name) => _fields.Where(f => f.Name == name).Select(f => f.Value);

    public IEnumerable<TextMessage> Messages(string name) => All(name).OfType<TextMessage>();

    /// <summary>The texts of a field, quoted or not.</summary>
    public IEnumerable<string> Texts(string name) => All(name).Where(v => v is string or TextName).Select(v => v is TextName t ? t.Text : (string)v);

    public IEnumerable<long> Integers(string name) => All(name).OfType<long>();

    /// <summary>The last value of a field that is given more than once, as protobuf has it.</summary>
    public string? Text(string name) => Texts(name).LastOrDefault();
}
