using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// A few samples kept for what must be measured after observing. Those with the smallest hashes stay, so that the choice depends on the
/// set of samples alone, not on their order or on who saw them: parts that several machines keep merge to what one would have kept.
/// </summary>
internal sealed class HeldSamples(long sampleBytes)
{
    /// <summary>So many tell which values go together; twice as many do not tell more.</summary>
    private const int Most = 32;
    private const long MostBytes = 32 << 20;

    private readonly SortedDictionary<ulong, ImmutableArray<PackedTensor>> _kept = [];
    private readonly Lock _gate = new();

    /// <summary>Samples that are kept at most.</summary>
    public int Capacity { get; } = (int)Math.Clamp(MostBytes / Math.Max(sampleBytes, 1), 1, Most);

    /// <summary>Samples that are kept.</summary>
    public int Count => _kept.Count;

    /// <summary>Inputs of the samples, in the order of their hashes; unpacked one by one as they are enumerated.</summary>
    public IEnumerable<ImmutableArray<Tensor>> All => _kept.Values.Select(s => s.Select(t => t.Unpacked()).ToImmutableArray());

    /// <summary>Offers a sample; safe from several threads.</summary>
    public void Offer(ImmutableArray<Tensor> inputs)
    {
        ulong hash = HashOf(inputs);
        if (MayKeep(hash))
        {
            Keep(hash, [.. inputs.Select(t => new PackedTensor(t))]);
        }
    }

    private bool MayKeep(ulong hash)
    {
        lock (_gate)
        {
            return _kept.Count < Capacity || hash < _kept.Keys.Last();
        }
    }

    private void Keep(ulong hash, ImmutableArray<PackedTensor> sample)
    {
        lock (_gate)
        {
            _kept[hash] = sample;
            while (_kept.Count > Capacity)
            {
                _kept.Remove(_kept.Keys.Last());
            }
        }
    }

    /// <summary>Bytes of the inputs of one sample.</summary>
    public long SampleBytes => sampleBytes;

    /// <summary>True for the inputs of a sample that is kept.</summary>
    public bool Holds(ImmutableArray<Tensor> inputs) => _kept.ContainsKey(HashOf(inputs));

    /// <summary>Offers all that others kept.</summary>
    public void Offer(HeldSamples other)
    {
        foreach ((ulong hash, ImmutableArray<PackedTensor> sample) in other._kept)
        {
            Keep(hash, sample);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It cannot be right.</exception>
    public static HeldSamples Read(BinaryReader reader)
    {
        long sampleBytes = reader.ReadInt64();
        var held = new HeldSamples(sampleBytes);
        int count = reader.ReadInt32();
        if (sampleBytes < 0 || count < 0 || count > held.Capacity)
        {
            throw new InvalidDataException($"it cannot keep {count} samples of {sampleBytes} bytes");
        }

        for (int i = 0; i < count; i++)
        {
            var inputs = ImmutableArray.CreateBuilder<Tensor>();
            int tensors = reader.ReadInt32();
            for (int t = 0; t < tensors; t++)
            {
                inputs.Add(ReadTensor(reader));
            }

            if (inputs.Sum(t => (long)t.Bytes.Length) != sampleBytes)
            {
                throw new InvalidDataException("the inputs of a kept sample have other sizes than they should");
            }

            held.Offer(inputs.ToImmutable());
        }

        return held;
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(sampleBytes);
        writer.Write(_kept.Count);
        foreach (ImmutableArray<Tensor> sample in All)
        {
            writer.Write(sample.Length);
            foreach (Tensor tensor in sample)
            {
                writer.Write((byte)tensor.Type);
                writer.Write((byte)tensor.Shape.Rank);
                foreach (int size in tensor.Shape)
                {
                    writer.Write(size);
                }

                writer.Write(tensor.Bytes);
            }
        }
    }

    private static Tensor ReadTensor(BinaryReader reader)
    {
        var type = (DataType)reader.ReadByte();
        var sizes = new int[reader.ReadByte()];
        long bits = Enum.IsDefined(type) ? type.Bits() : throw new InvalidDataException("a kept sample is of no known type");
        for (int d = 0; d < sizes.Length; d++)
        {
            sizes[d] = reader.ReadInt32();
            bits = sizes[d] < 0 ? long.MaxValue : (long)Int128.Min((Int128)bits * sizes[d], long.MaxValue);
        }

        if (bits / 8 > reader.BaseStream.Length - reader.BaseStream.Position)
        {
            throw new InvalidDataException("a kept sample is larger than its file");
        }

        var shape = new Shape(sizes);
        return new Tensor(type, shape, reader.ReadBytes((int)type.ByteCount(shape.Count)));
    }

    /// <summary>The graph inputs of a sample by name.</summary>
    public static Dictionary<string, Tensor> Named(Graph graph, ImmutableArray<Tensor> inputs) =>
        graph.Inputs.Zip(inputs).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);

    /// <summary>A fast mixing hash of the bytes (multiply and rotate, after xxHash): spread evenly, but no protection against malice.</summary>
    private static ulong HashOf(ImmutableArray<Tensor> inputs)
    {
        const ulong Prime = 0x9E3779B185EBCA87;
        const ulong Other = 0xC2B2AE3D27D4EB4F;
        ulong hash = Prime;
        foreach (Tensor tensor in inputs)
        {
            ReadOnlySpan<byte> bytes = tensor.Bytes;
            ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
            (ulong a, ulong b, ulong c, ulong d) = (hash, hash ^ Prime, hash ^ Other, ~hash);
            int i = 0;
            for (; i + 4 <= words.Length; i += 4)
            {
                a = BitOperations.RotateLeft(a ^ (words[i] * Other), 31) * Prime;
                b = BitOperations.RotateLeft(b ^ (words[i + 1] * Other), 31) * Prime;
                c = BitOperations.RotateLeft(c ^ (words[i + 2] * Other), 31) * Prime;
                d = BitOperations.RotateLeft(d ^ (words[i + 3] * Other), 31) * Prime;
            }

            for (; i < words.Length; i++)
            {
                a = BitOperations.RotateLeft(a ^ (words[i] * Other), 31) * Prime;
            }

            foreach (byte rest in bytes[(words.Length * sizeof(ulong))..])
            {
                a = BitOperations.RotateLeft(a ^ (rest * Other), 11) * Prime;
            }

            hash = a + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18);
            hash = (hash ^ (hash >> 33)) * Other;
            hash ^= hash >> 29;
        }

        return hash;
    }
}
