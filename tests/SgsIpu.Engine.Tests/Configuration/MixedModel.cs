using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Configuration;

/// <summary>A small network with inputs of every kind: an image, indices of an embedding, a vector.</summary>
internal static class MixedModel
{
    public const int Height = 6;
    public const int Width = 8;
    public const int Words = 40000;

    /// <param name="channels">Of the image.</param>
    public static Graph Graph(int channels = 3)
    {
        var random = new Random(3);
        var editor = new GraphEditor("mixed");
        editor.AddInput(new TensorSpec("image", DataType.Float32, new Shape(1, Height, Width, channels)));
        editor.AddInput(new TensorSpec("ids", DataType.Int64, new Shape(1, 5)));
        editor.AddInput(new TensorSpec("vector", DataType.Float32, new Shape(1, 7)));
        string between = editor.Add("between", Convolution(), "image", editor.AddConstant("w1", Values(4, 3, 3, channels)), editor.AddConstant("b1", Values(4)));
        editor.Outputs.Add(editor.Add("conv", Convolution(), between, editor.AddConstant("w2", Values(2, 3, 3, 4)), editor.AddConstant("b2", Values(2))));
        editor.Outputs.Add(editor.Add("words", new GatherOp(0), editor.AddConstant("table", Values(Words, 3)), "ids"));
        editor.Outputs.Add(editor.Add("copy", new NegOp(), "vector"));
        return editor.ToGraph();

        Tensor Values(params int[] shape)
        {
            var tensor = new Tensor(DataType.Float32, new Shape(shape));
            foreach (ref float v in tensor.As<float>())
            {
                v = (float)(random.NextDouble() - 0.5);
            }

            return tensor;
        }
    }

    private static Conv2DOp Convolution() => new() { PadTop = 1, PadBottom = 1, PadLeft = 1, PadRight = 1 };
}
