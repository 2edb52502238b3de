using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization;

/// <summary>
/// A tensor at rest. Pixels are made of bytes: where each channel has no more than 256 different values, a byte for each value and a table for each
/// channel hold the same in a quarter of the memory. Others are held as they are.
/// </summary>
internal sealed class PackedTensor
{
    private const int Codes = 256;

    /// <summary>Channels that an image has at most; tables of more would outweigh what they save.</summary>
    private const int MostChannels = 4;

    /// <summary>Places of a hash table, a power of 2: with four for a code, few values meet.</summary>
    private const int Places = 4 * Codes;

    private readonly Tensor? _plain;
    private readonly Shape _shape;
    private readonly byte[] _codes = [];
    private readonly float[] _values = [];

    public PackedTensor(Tensor tensor)
    {
        _shape = tensor.Shape;
        int channels = _shape.Rank == 0 ? 0 : _shape[-1];
        if (tensor.Type != DataType.Float32 || channels is < 1 or > MostChannels || tensor.Count < 2 * Codes * channels)
        {
            _plain = tensor;
            return;
        }

        _codes = new byte[tensor.Count];
        _values = new float[channels * Codes];
        if (!TryPack(MemoryMarshal.Cast<byte, uint>(tensor.Bytes), channels, _codes, MemoryMarshal.Cast<float, uint>(_values.AsSpan())))
        {
            (_plain, _codes, _values) = (tensor, [], []);
        }
    }

    /// <summary>The tensor, bit by bit.</summary>
    public Tensor Unpacked()
    {
        if (_plain is not null)
        {
            return _plain;
        }

        var tensor = new Tensor(DataType.Float32, _shape);
        Span<float> values = tensor.As<float>();
        int table = 0;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = _values[table + _codes[i]];
            table = table + Codes == _values.Length ? 0 : table + Codes;
        }

        return tensor;
    }

    /// <param name="bits">Of the values, channels last.</param>
    /// <param name="tables">Takes the values of the codes, one channel after the other.</param>
    private static bool TryPack(ReadOnlySpan<uint> bits, int channels, Span<byte> codes, Span<uint> tables)
    {
        // For each channel, places that hold one more than a code.
        var places = new ushort[channels * Places];
        Span<int> used = stackalloc int[MostChannels];
        int c = 0;
        for (int i = 0; i < bits.Length; i++)
        {
            Span<ushort> own = places.AsSpan(c * Places, Places);
            Span<uint> table = tables.Slice(c * Codes, Codes);
            int place = (int)((bits[i] * 0x9E3779B1) >> 22);
            while (own[place] != 0 && table[own[place] - 1] != bits[i])
            {
                place = (place + 1) & (Places - 1);
            }

            if (own[place] == 0)
            {
                if (used[c] == Codes)
                {
                    return false;
                }

                table[used[c]++] = bits[i];
                own[place] = (ushort)used[c];
            }

            codes[i] = (byte)(own[place] - 1);
            c = c + 1 == channels ? 0 : c + 1;
        }

        return true;
    }
}
