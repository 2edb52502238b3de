using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization;

/// <summary>How statistics of a tensor are written and read.</summary>
internal sealed partial class ActivationStatistics
{
    private const int MomentBytes = 80;

    /// <summary>Reads what <see cref="Write(BinaryWriter)"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It cannot be right.</exception>
    public static ActivationStatistics Read(BinaryReader reader)
    {
        string tensor = reader.ReadString();
        int channels = reader.ReadInt32();
        bool byChannel = reader.ReadBoolean();

        // Before anything of this size is made, as many bytes must be there.
        if (channels < 0 || (long)channels * MomentBytes > reader.BaseStream.Length - reader.BaseStream.Position)
        {
            throw new InvalidDataException($"tensor '{tensor}' cannot have {channels} channels");
        }

        var statistics = new ActivationStatistics(tensor, channels, byChannel) { _samples = reader.ReadInt32(), _values = reader.ReadInt64() };
        for (int c = 0; c < channels; c++)
        {
            statistics._min[c] = reader.ReadSingle();
            statistics._max[c] = reader.ReadSingle();
            statistics._lows[c] = ReadSum(reader);
            statistics._highs[c] = ReadSum(reader);
            statistics._means[c] = ReadSum(reader);
            statistics._powers[c] = ReadSum(reader);
            statistics._zeros[c] = reader.ReadInt64();
            bool unseen = statistics._samples == 0 && statistics._min[c] == float.PositiveInfinity && statistics._max[c] == float.NegativeInfinity;
            if (!unseen && !(float.IsFinite(statistics._min[c]) && float.IsFinite(statistics._max[c]) && statistics._min[c] <= statistics._max[c]))
            {
                throw new InvalidDataException($"channel {c} of tensor '{tensor}' goes from {statistics._min[c]} to {statistics._max[c]}");
            }

            if (!unseen && !(statistics.MeanMin(c) <= 0 && statistics.MeanMax(c) >= 0 && statistics.MeanMin(c) >= Math.Min(statistics._min[c], 0) && statistics.MeanMax(c) <= Math.Max(statistics._max[c], 0)))
            {
                throw new InvalidDataException($"channel {c} of tensor '{tensor}' goes from {statistics._min[c]} to {statistics._max[c]}, and from {statistics.MeanMin(c)} to {statistics.MeanMax(c)} in the mean");
            }
        }

        if (statistics._samples < 0 || statistics._values < 0 || statistics._zeros.Any(z => z < 0 || z > statistics._values))
        {
            throw new InvalidDataException($"tensor '{tensor}' cannot have {statistics._samples} samples with {statistics._values} values of a channel");
        }

        statistics.Histogram.Add(Histogram.Read(reader, Histogram.Fine));
        foreach (Histogram channel in statistics.Channels)
        {
            channel.Add(Histogram.Read(reader, Histogram.Coarse));
        }

        return statistics;
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(tensor);
        writer.Write(_min.Length);
        writer.Write(!Channels.IsEmpty);
        writer.Write(_samples);
        writer.Write(_values);
        for (int c = 0; c < _min.Length; c++)
        {
            writer.Write(_min[c]);
            writer.Write(_max[c]);
            Write(writer, _lows[c]);
            Write(writer, _highs[c]);
            Write(writer, _means[c]);
            Write(writer, _powers[c]);
            writer.Write(_zeros[c]);
        }

        Histogram.Write(writer);
        foreach (Histogram channel in Channels)
        {
            channel.Write(writer);
        }
    }

    private static Int128 ReadSum(BinaryReader reader) => new(reader.ReadUInt64(), reader.ReadUInt64());

    private static void Write(BinaryWriter writer, Int128 value)
    {
        writer.Write((ulong)(value >> 64));
        writer.Write((ulong)value);
    }
}
