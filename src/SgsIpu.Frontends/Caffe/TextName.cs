namespace SgsIpu.Frontends.Caffe;

/// <summary>A value without quotes that is no number: MAX, TEST, true.</summary>
internal sealed record TextName(string Text);
