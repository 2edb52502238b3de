using System.Globalization;
using System.Text;
using SgsIpu.Core;
using SgsIpu.Frontends.Tests.Caffe;

namespace SgsIpu.Engine.Tests.Importing;

/// <summary>A small network made in the test: inputs x0, x1… and layers of which the last one's top is the output.</summary>
/// <param name="Inputs">Shapes, such as "1,3,5,7", separated by blanks.</param>
/// <param name="Layers">The layers, without <c>layer { }</c> around a single one: <c>type: "ReLU" bottom: "x0" top: "y"</c>.</param>
/// <param name="Weights">Shapes of the blobs of the layer "a", separated by blanks.</param>
/// <param name="Expected">What NumPy computes, from x0, x1… and w0, w1…; empty where OpenCV reads the network.</param>
internal sealed record CaffeLayerCase(string Inputs, string Layers, string Weights = "", string Expected = "")
{
    private const float Span = 2;

    /// <summary>The least of the random numbers; 0 where a function wants positive ones.</summary>
    public float Least { get; init; } = -1;

    /// <summary>Of the fixed-point result; what 8-bit weights and activations leave of random data.</summary>
    public double Decibels { get; init; } = 30;

    /// <summary>Exact values of an input, such as regions; null for random ones.</summary>
    public float[]? LastInput { get; init; }

    public Shape[] Shapes => Parse(Inputs);

    public string Text
    {
        get
        {
            var text = new StringBuilder();
            for (int i = 0; i < Shapes.Length; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"layer {{ name: \"x{i}\" type: \"Input\" top: \"x{i}\" input_param {{ shape {{ {string.Join(' ', Shapes[i].Select(d => $"dim: {d}"))} }} }} }}\n");
            }

            return text.Append(Layers.StartsWith("layer", StringComparison.Ordinal) ? Layers : $"layer {{ name: \"a\" {Layers} }}").ToString();
        }
    }

    /// <summary>A caffemodel has some layer, be it one that nothing asks for.</summary>
    public byte[] Model => CaffeModelBytes.Of(Blobs.Length == 0 ? [("none", [1], [0])] : [.. Blobs.Select(b => ("a", b.Shape.ToArray(), b.ToFloats()))]);

    /// <summary>Random numbers from 0.2 on, so that they may be variances.</summary>
    public Tensor[] Blobs => [.. Parse(Weights).Select((s, i) => Numbers(s, 100 + i, s.Rank == 1 ? 0.2f : -1))];

    public Tensor[] Values => [.. Shapes.Select((s, i) => LastInput is { } given && i == Shapes.Length - 1 ? Tensor.FromArray<float>(given, s) : Numbers(s, i, Least))];

    private static Shape[] Parse(string shapes) =>
        [.. shapes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => new Shape([.. s.Split(',').Select(d => int.Parse(d, CultureInfo.InvariantCulture))]))];

    private static Tensor Numbers(Shape shape, int seed, float least)
    {
        var random = new Random(seed + 7);
        return Tensor.FromArray<float>([.. Enumerable.Range(0, (int)shape.Count).Select(_ => least + (Span * random.NextSingle()))], shape);
    }
}
