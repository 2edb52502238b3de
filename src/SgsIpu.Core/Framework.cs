namespace SgsIpu.Core;

/// <summary>Where a model comes from.</summary>
public enum Framework
{
    Onnx,
    Caffe,
    TfLite,
    TensorFlow,
}
