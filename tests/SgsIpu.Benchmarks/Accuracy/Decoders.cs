using SgsIpu.Core;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>What stands behind the networks in an application.</summary>
internal static class Decoders
{
    /// <summary>YOLOX: [1, cells, 85], grids of strides 8, 16 and 32 one after the other.</summary>
    public static List<Box> Yolox(IReadOnlyDictionary<string, Tensor> outputs, double least)
    {
        const int Side = 416;
        const int Row = 85;
        float[] y = outputs.Values.Single().ToFloats();
        var boxes = new List<Box>();
        int cell = 0;
        foreach (int stride in new[] { 8, 16, 32 })
        {
            int width = Side / stride;
            for (int i = 0; i < width * width; i++, cell++)
            {
                ReadOnlySpan<float> v = y.AsSpan(cell * Row, Row);
                int best = v[5..].IndexOf(System.Numerics.Tensors.TensorPrimitives.Max(v[5..]));
                double score = v[4] * v[5 + best];
                if (score > least)
                {
                    (double x, double top) = ((v[0] + (i % width)) * stride, (v[1] + (i / width)) * stride);
                    (double w, double h) = (Math.Exp(v[2]) * stride / 2, Math.Exp(v[3]) * stride / 2);
                    boxes.Add(new Box(best, score, x - w, top - h, x + w, top + h));
                }
            }
        }

        return Box.Suppress(boxes, 0.45);
    }

    /// <summary>UltraFace: scores [1, n, 2] and corners [1, n, 4].</summary>
    public static List<Box> UltraFace(IReadOnlyDictionary<string, Tensor> outputs, double least)
    {
        float[] scores = outputs["scores"].ToFloats();
        float[] corners = outputs["boxes"].ToFloats();
        var boxes = new List<Box>();
        for (int i = 0; i < scores.Length / 2; i++)
        {
            if (scores[(2 * i) + 1] > least)
            {
                boxes.Add(new Box(0, scores[(2 * i) + 1], corners[4 * i], corners[(4 * i) + 1], corners[(4 * i) + 2], corners[(4 * i) + 3]));
            }
        }

        return Box.Suppress(boxes, 0.3);
    }

    /// <summary>DetectionOutput of Caffe: rows of image, label, score and corners.</summary>
    public static List<Box> DetectionOutput(IReadOnlyDictionary<string, Tensor> outputs, double least)
    {
        float[] y = outputs.Values.First().ToFloats();
        return
        [
            .. Enumerable.Range(0, y.Length / 7)
                .Where(i => y[(7 * i) + 2] > least)
                .Select(i => new Box((int)y[(7 * i) + 1], y[(7 * i) + 2], y[(7 * i) + 3], y[(7 * i) + 4], y[(7 * i) + 5], y[(7 * i) + 6])),
        ];
    }

    /// <summary>The best class of each step [1, T, classes], repeated ones and blanks (0) left out.</summary>
    public static List<int> Text(Tensor probabilities) => [.. Characters(probabilities).Select(c => c.Class)];

    /// <summary>The same with the probability of each.</summary>
    public static List<(int Class, float Probability)> Characters(Tensor probabilities)
    {
        int classes = probabilities.Shape[-1];
        float[] y = probabilities.ToFloats();
        var text = new List<(int, float)>();
        int last = 0;
        for (int t = 0; t < y.Length / classes; t++)
        {
            ReadOnlySpan<float> step = y.AsSpan(t * classes, classes);
            int best = step.IndexOf(System.Numerics.Tensors.TensorPrimitives.Max(step));
            if (best != 0 && best != last)
            {
                text.Add((best, step[best]));
            }

            last = best;
        }

        return text;
    }
}
