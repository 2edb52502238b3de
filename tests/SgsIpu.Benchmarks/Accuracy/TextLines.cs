using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Ops;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>
/// The lines of text in pictures, as a reader would cut them out: the text detector in real numbers finds them, each is brought to the
/// recogniser's height and filled up at the right. What the recogniser in real numbers cannot read is no line, as in PaddleOCR (drop_score).
/// </summary>
internal static class TextLines
{
    public const int Height = 48;
    public const int Width = 320;

    private const int DetectorHeight = 736;
    private const int DetectorWidth = 736;
    private const float Text = 0.3f;
    private const int LeastPixels = 60;

    /// <summary>The mean probability of the characters of a line that was read.</summary>
    private const double LeastProbability = 0.5;

    private static readonly Dictionary<string, ImmutableArray<RgbImage>> Found = [];

    /// <param name="folders">Below the folder of images, between commas; lines of the first ones are preferred, of others they are spread evenly.</param>
    public static ISampleSource Open(string folders, int most)
    {
        var lines = new List<RgbImage>();
        foreach (string folder in folders.Split(',').TakeWhile(_ => lines.Count < most))
        {
            ImmutableArray<RgbImage> all = In(folder);
            int count = Math.Min(most - lines.Count, all.Length);
            lines.AddRange(Enumerable.Range(0, count).Select(i => all[(int)((long)i * all.Length / count)]));
        }

        return new Source([.. lines]);
    }

    private static ImmutableArray<RgbImage> In(string folder)
    {
        if (!Found.TryGetValue(folder, out ImmutableArray<RgbImage> lines))
        {
            ImmutableArray<RgbImage> all = Find(folder);
            IpuModel reader = AccuracyModels.All.Single(m => m.Parts == Open).Import("");
            bool[] isRead = [.. IpuEngine.Run(reader, new RunOptions(new Source(all)) { NumProcess = Environment.ProcessorCount }).Select(r => IsRead(r.Outputs.Values.First()))];
            Found[folder] = lines = [.. all.Where((_, i) => isRead[i])];
        }

        return lines;
    }

    private static bool IsRead(Tensor probabilities) => Decoders.Characters(probabilities).Select(c => c.Probability).DefaultIfEmpty().Average() >= LeastProbability;

    private static ImmutableArray<RgbImage> Find(string folder)
    {
        var lines = ImmutableArray.CreateBuilder<RgbImage>();
        var model = new AssetModel("ppocr_det", "onnx/ppocr_v4_det/ch_PP-OCRv4_det_infer.onnx")
        {
            InputShape = [1, 3, DetectorHeight, DetectorWidth],
            Colour = "BGR",
            Mean = "123.675:116.28:103.53",
            Std = "58.395:57.12:57.375",
        };
        using IModelRunner runner = IpuEngine.OpenRunner(model.Import(""));
        foreach (string file in AssetModel.Files(folder, int.MaxValue))
        {
            RgbImage page = SkiaImageDecoder.Instance.Decode(File.ReadAllBytes(file), file);
            if (Path.GetFileNameWithoutExtension(file) is "en_rec" or "text_rec" or "text_cls")
            {
                lines.Add(page);
                continue;
            }

            RgbImage small = new Recipe { Size = (DetectorWidth, DetectorHeight) }.Apply(page, ImageFormat.RGB);
            Tensor input = Tensor.FromArray<float>(Normalized(small), 1, DetectorHeight, DetectorWidth, 3);
            float[] map = runner.Run(new Dictionary<string, Tensor> { ["x"] = input }, CancellationToken.None).Values.Single().ToFloats();
            foreach ((int x, int y, int w, int h) in Components(map))
            {
                lines.Add(Cut(page, x * page.Width / DetectorWidth, y * page.Height / DetectorHeight, (w * page.Width / DetectorWidth) + 1, (h * page.Height / DetectorHeight) + 1));
            }
        }

        return lines.ToImmutable();
    }

    /// <summary>Bounds of the connected parts above the limit, widened by the margin that the detector shrinks text by.</summary>
    private static IEnumerable<(int X, int Y, int Width, int Height)> Components(float[] map)
    {
        var seen = new bool[map.Length];
        var open = new Stack<int>();
        for (int start = 0; start < map.Length; start++)
        {
            if (seen[start] || map[start] <= Text)
            {
                continue;
            }

            (int left, int right, int top, int bottom, int pixels) = (int.MaxValue, 0, int.MaxValue, 0, 0);
            open.Push(start);
            seen[start] = true;
            while (open.TryPop(out int at))
            {
                (int y, int x) = Math.DivRem(at, DetectorWidth);
                pixels++;
                (left, right, top, bottom) = (Math.Min(left, x), Math.Max(right, x), Math.Min(top, y), Math.Max(bottom, y));
                foreach (int next in new[] { x > 0 ? at - 1 : -1, x < DetectorWidth - 1 ? at + 1 : -1, at - DetectorWidth, at + DetectorWidth })
                {
                    if (next >= 0 && next < map.Length && !seen[next] && map[next] > Text)
                    {
                        seen[next] = true;
                        open.Push(next);
                    }
                }
            }

            if (pixels >= LeastPixels && right - left > bottom - top)
            {
                int margin = (bottom - top + 1) / 2;
                yield return (Math.Max(left - margin, 0), Math.Max(top - margin, 0), right - left + 1 + (2 * margin), bottom - top + 1 + (2 * margin));
            }
        }
    }

    private static RgbImage Cut(RgbImage page, int x, int y, int width, int height)
    {
        width = Math.Min(width, page.Width - x);
        height = Math.Min(height, page.Height - y);
        var part = new RgbImage(width, height, page.Channels);
        for (int row = 0; row < height; row++)
        {
            page.Row(y + row).Slice(x * page.Channels, width * page.Channels).CopyTo(part.Row(row));
        }

        return part;
    }

    private static float[] Normalized(RgbImage image)
    {
        ReadOnlySpan<float> mean = [123.675f, 116.28f, 103.53f];
        ReadOnlySpan<float> std = [58.395f, 57.12f, 57.375f];
        var result = new float[image.Width * image.Height * 3];
        for (int i = 0; i < result.Length; i++)
        {
            int c = i % 3;
            result[i] = (image.Pixels[((i / 3) * image.Channels) + 2 - c] - mean[c]) / std[c];
        }

        return result;
    }

    private sealed class Source(ImmutableArray<RgbImage> lines) : ISampleSource
    {
        public int Count => lines.Length;

        public Sample Read(int index, bool norm, CancellationToken cancellationToken)
        {
            RgbImage line = lines[index];
            int width = Math.Clamp(line.Width * Height / line.Height, 1, Width);
            RgbImage small = new Recipe { Size = (width, Height) }.Apply(line, ImageFormat.RGB);
            var bytes = new byte[Height * Width * 3];
            Array.Fill(bytes, (byte)127);
            for (int y = 0; y < Height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    for (int c = 0; c < 3; c++)
                    {
                        bytes[(((y * Width) + x) * 3) + c] = small.Row(y)[(x * small.Channels) + 2 - c];
                    }
                }
            }

            Tensor value = norm
                ? Tensor.FromArray<float>([.. bytes.Select(b => (b - 127.5f) / 127.5f)], 1, Height, Width, 3)
                : new Tensor(DataType.UInt8, new Shape(1, Height, Width, 3), bytes);
            return new Sample($"line {index}", [value]);
        }
    }
}
