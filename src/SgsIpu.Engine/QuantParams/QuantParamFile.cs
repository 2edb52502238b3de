using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Files;

namespace SgsIpu.Engine.QuantParams;

/// <summary>Files of quantization parameters in the vendor's form: name, min, max, bit, and data of constants.</summary>
public static class QuantParamFile
{
    private const long LargestFile = 1L << 30;
    private const int Deepest = 8;

    /// <summary>The bytes of such a file.</summary>
    public static byte[] Write(IReadOnlyList<GivenQuantization> entries, QuantParamFormat format)
    {
        ArgumentNullException.ThrowIfNull(entries);
        return format == QuantParamFormat.Json ? QuantParamJson.Write(entries) : PickleWriter.Write(entries);
    }

    /// <summary>Reads a file of either form.</summary>
    /// <exception cref="IpuException">It is damaged or holds something else; see the ids of <see cref="Parse"/>.</exception>
    public static ImmutableArray<GivenQuantization> Read(string path) => Parse(InputFile.Read(path, LargestFile), path);

    /// <summary>Reads the bytes of a file of either form.</summary>
    /// <param name="path">For messages, and the source of what is asked.</param>
    /// <exception cref="IpuException">It is no JSON (id <c>QuantParamSyntax</c>), a damaged pickle (<c>PickleDamaged</c>), a pickle of something
    /// else (<c>PickleForbidden</c>), or its entries have another form (<c>QuantParamForm</c>).</exception>
    public static ImmutableArray<GivenQuantization> Parse(byte[] content, string path)
    {
        ArgumentNullException.ThrowIfNull(content);
        ReadOnlySpan<byte> text = content.AsSpan().StartsWith("\uFEFF"u8) ? content.AsSpan(3) : content;
        bool json = text.TrimStart(" \t\r\n"u8) is [(byte)'[' or (byte)'{', ..];
        object? root = json ? QuantParamJson.Read(text.ToArray(), path) : PickleReader.Read(content, path);
        if (root is not List<object?> list)
        {
            throw Form(path, "it is no list of entries");
        }

        // A small pickle can refer to the same list over and over; an honest one spends a byte on every number.
        var budget = new Budget(Math.Max(content.Length, 1 << 16));
        return [.. list.Select((entry, i) => Entry(entry, i, path, budget))];
    }

    private static GivenQuantization Entry(object? value, int index, string path, Budget budget)
    {
        if (value is not Dictionary<string, object?> entry || entry.GetValueOrDefault("name") is not string { Length: > 0 } name)
        {
            throw Form(path, $"entry {index} is no dictionary with a name");
        }

        if (entry.Keys.FirstOrDefault(k => k is not ("name" or "min" or "max" or "bit" or "data")) is { } unknown)
        {
            throw Form(path, $"entry {index} ('{name}') has the key '{unknown}'; keys are name, min, max, bit, data");
        }

        return new GivenQuantization(name)
        {
            Min = Numbers("min"),
            Max = Numbers("max"),
            Bit = entry.GetValueOrDefault("bit") switch
            {
                null => null,
                long bit => (int)Math.Clamp(bit, int.MinValue, int.MaxValue),
                PickleArray { Value: { Shape.Rank: 0 } one } when !one.Type.IsFloat() => (int)Math.Clamp(one.ToLongs()[0], int.MinValue, int.MaxValue),
                _ => throw Form(path, $"entry {index} ('{name}'): bit is no whole number"),
            },
            Data = entry.GetValueOrDefault("data") is { } data ? Values(data, "data") : null,
            Source = Path.GetFileName(path),
        };

        ImmutableArray<float> Numbers(string key) => entry.GetValueOrDefault(key) is { } numbers ? [.. Values(numbers, key).ToFloats()] : [];

        Tensor Values(object numbers, string key)
        {
            if (numbers is PickleArray { Value: { } array })
            {
                budget.Spend(array.Count, path);
                return array.Type == DataType.Float32 ? array : Tensor.FromArray<float>(array.ToFloats(), array.Shape);
            }

            var values = new List<float>();
            var shape = new List<int>();
            Flatten(numbers, 0);
            return Tensor.FromArray<float>([.. values], new Shape([.. shape]));

            void Flatten(object? part, int depth)
            {
                budget.Spend(1, path);
                if (part is List<object?> or object?[])
                {
                    var items = (IReadOnlyList<object?>)part;
                    if (depth == shape.Count && values.Count == 0 && depth < Deepest)
                    {
                        shape.Add(items.Count);
                    }

                    if (depth >= shape.Count || shape[depth] != items.Count)
                    {
                        throw Form(path, $"entry {index} ('{name}'): {key} is no regular list of numbers");
                    }

                    foreach (object? item in items)
                    {
                        Flatten(item, depth + 1);
                    }

                    return;
                }

                float? number = part switch
                {
                    long whole => whole,
                    double real => (float)real,
                    PickleArray { Value: { Shape.Rank: 0 } one } => one.ToFloats()[0],
                    _ => null,
                };
                values.Add(number is { } v && depth == shape.Count ? v : throw Form(path, $"entry {index} ('{name}'): {key} is no regular list of numbers"));
            }
        }
    }

    private static IpuException Form(string path, string what) => new("QuantParamForm", $"'{path}': {what}") { Target = path };

    /// <summary>How many numbers may still be read.</summary>
    private sealed class Budget(long left)
    {
        private long _left = left;

        public void Spend(long count, string path)
        {
            _left -= count;
            if (_left < 0)
            {
                throw Form(path, "its lists hold more numbers than the file has bytes");
            }
        }
    }
}
