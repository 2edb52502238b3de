namespace SgsIpu.Frontends.Caffe;

/// <summary>One field of a text message.</summary>
/// <param name="Line">Where it stands in the file, from 1.</param>
internal readonly record struct TextField(string Name, object Value, int Line);
