using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels.Lut;

/// <summary>Reads a one-input function from a table that <see cref="LookupTable"/> built: integers only, one rounding, half up.</summary>
public sealed class LookupKernel : ElementMap
{
    /// <summary>The number of INT16 values.</summary>
    private const int Inputs = 1 << 16;

    /// <summary>Elements from which on a read of a table of all values is worth making it.</summary>
    private const int LeastForAll = 1 << 15;

    private readonly DataType _input;
    private readonly DataType _output;
    private readonly Tensor _table;

    /// <summary>An evenly spaced table's interpolation stays within INT32.</summary>
    private readonly bool _fitsNarrow;

    /// <summary>The values of all INT16 (by their bits) of an interpolated table: made when a large tensor is read first.</summary>
    private Array? _all;

    /// <param name="input">UINT8 or INT16.</param>
    /// <param name="output">UINT8 or INT16, symmetric for INT16.</param>
    /// <exception cref="IpuException">The table fits neither type (id <c>LookupTable</c>).</exception>
    public LookupKernel(DataType input, DataType output, Tensor table)
    {
        ArgumentNullException.ThrowIfNull(table);
        bool direct = table.Type == output && table.Shape.Rank == 1 && table.Count == (input == DataType.UInt8 ? 256 : 65536);
        bool interpolated = input == DataType.Int16 && table.Type == DataType.Int32 && table.Count > 2
            && (table.Shape.Rank == 1 ? LinearBits((int)table.Count) >= 0 : table.Shape.Rank == 2 && table.Shape[0] == 2 && OctaveBits(table.Shape[1]) > 0);
        if (!direct && !interpolated)
        {
            throw new IpuException("LookupTable", $"a table {table} does not serve {input} to {output}");
        }

        _input = input;
        _output = output;
        _table = table;
        _fitsNarrow = table.Type == DataType.Int32 && table.Shape.Rank == 1 && FitsNarrow(table.As<int>());
    }

    protected override (int X, int Y) Sizes => (_input == DataType.UInt8 ? 1 : 2, _output == DataType.UInt8 ? 1 : 2);

    protected override void Prepare(int count)
    {
        if (count >= LeastForAll && _input == DataType.Int16 && _table.Type == DataType.Int32)
        {
            _all ??= _output == DataType.UInt8 ? All<byte>(0, 255) : All<short>(-32767, 32767);
        }
    }

    protected override void Map(ReadOnlySpan<byte> x, Span<byte> y, int first)
    {
        if (_input == DataType.UInt8)
        {
            if (_output == DataType.UInt8)
            {
                Bytes<byte>(x, y);
            }
            else
            {
                Bytes(x, MemoryMarshal.Cast<byte, short>(y));
            }
        }
        else if (_output == DataType.UInt8)
        {
            Shorts(MemoryMarshal.Cast<byte, short>(x), y, 0, 255);
        }
        else
        {
            Shorts(MemoryMarshal.Cast<byte, short>(x), MemoryMarshal.Cast<byte, short>(y), -32767, 32767);
        }
    }

    /// <summary>The interpolated value of an evenly spaced table of 2^k + 1 entries, not yet limited.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ReadLinear(ReadOnlySpan<int> entries, int q)
    {
        int shift = 16 - BitOperations.Log2((uint)entries.Length - 1);
        int at = q + 32768;
        int index = at >> shift;
        return Interpolate(entries, index, at & ((1 << shift) - 1), shift);
    }

    /// <summary>The interpolated value of a table of octaves, not yet limited.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ReadOctaves(ReadOnlySpan<int> entries, int q)
    {
        int row = entries.Length / 2;
        int bits = OctaveBits(row);
        int magnitude = Math.Abs(q);
        int octave = magnitude < 1 << bits ? 0 : BitOperations.Log2((uint)magnitude) - bits;
        int segment = (octave << bits) + (magnitude >> octave);
        return Interpolate(entries.Slice(q < 0 ? row : 0, row), segment, magnitude & ((1 << octave) - 1), octave);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Interpolate(ReadOnlySpan<int> entries, int index, int fraction, int shift)
    {
        long left = entries[index];

        // The last entry has nothing after it and is only read at its own place.
        long right = entries[Math.Min(index + 1, entries.Length - 1)];
        long sum = (left << shift) + ((right - left) * fraction);
        int down = shift + LookupTable.FractionBits;
        return (int)((sum + (1L << (down - 1))) >> down);
    }

    private static bool FitsNarrow(ReadOnlySpan<int> entries)
    {
        int shift = 16 - BitOperations.Log2((uint)entries.Length - 1);
        for (int i = 0; i < entries.Length; i++)
        {
            if (Math.Abs((long)entries[i]) > 1 << 30 || (i > 0 && Math.Abs((long)entries[i] - entries[i - 1]) << shift > int.MaxValue))
            {
                return false;
            }
        }

        return true;
    }

    private static int LinearBits(int length) => BitOperations.IsPow2(length - 1) && length - 1 <= 65536 ? BitOperations.Log2((uint)length - 1) : -1;

    private static int OctaveBits(int row)
    {
        for (int bits = 1; bits < 16; bits++)
        {
            if (((16 - bits) << bits) + 1 == row)
            {
                return bits;
            }
        }

        return -1;
    }

    private void Bytes<TY>(ReadOnlySpan<byte> x, Span<TY> y)
        where TY : unmanaged
    {
        ReadOnlySpan<TY> table = _table.As<TY>()[..256];
        for (int i = 0; i < y.Length; i++)
        {
            y[i] = table[x[i]];
        }
    }

    private void Shorts<TY>(ReadOnlySpan<short> x, Span<TY> y, int low, int high)
        where TY : unmanaged, INumber<TY>
    {
        if (_all is TY[] all)
        {
            Read(x, all, y);
            return;
        }

        Interpolate(x, y, low, high);
    }

    private TY[] All<TY>(int low, int high)
        where TY : unmanaged, INumber<TY>
    {
        short[] inputs = new short[Inputs];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = (short)i;
        }

        TY[] values = new TY[Inputs];
        Interpolate(inputs, values, low, high);
        return values;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe void Read<TY>(ReadOnlySpan<short> x, TY[] values, Span<TY> y)
        where TY : unmanaged
    {
        ref short from = ref MemoryMarshal.GetReference(x);
        ref TY table = ref MemoryMarshal.GetArrayDataReference(values);
        ref TY to = ref MemoryMarshal.GetReference(y);
        nint count = Math.Min(x.Length, y.Length);
        nint i = 0;
        if (sizeof(TY) == sizeof(short))
        {
            // Four results are stored at once.
            for (; i <= count - 4; i += 4)
            {
                ulong low = One(ref table, ref from, i) | (One(ref table, ref from, i + 1) << 16);
                ulong high = One(ref table, ref from, i + 2) | (One(ref table, ref from, i + 3) << 16);
                Unsafe.WriteUnaligned(ref Unsafe.As<TY, byte>(ref Unsafe.Add(ref to, i)), low | (high << 32));
            }
        }

        for (; i < count; i++)
        {
            Unsafe.Add(ref to, i) = Unsafe.Add(ref table, (nint)(ushort)Unsafe.Add(ref from, i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong One<TY>(ref TY table, ref short from, nint i)
        where TY : unmanaged
        => Unsafe.As<TY, ushort>(ref Unsafe.Add(ref table, (nint)(ushort)Unsafe.Add(ref from, i)));

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Interpolate<TY>(ReadOnlySpan<short> x, Span<TY> y, int low, int high)
        where TY : unmanaged, INumber<TY>
    {
        if (_table.Type != DataType.Int32)
        {
            ReadOnlySpan<TY> direct = _table.As<TY>();
            for (int i = 0; i < y.Length; i++)
            {
                y[i] = direct[x[i] + 32768];
            }

            return;
        }

        ReadOnlySpan<int> entries = _table.As<int>();
        if (_table.Shape.Rank == 2)
        {
            for (int i = 0; i < y.Length; i++)
            {
                y[i] = TY.CreateTruncating(Math.Clamp(ReadOctaves(entries, x[i]), low, high));
            }

            return;
        }

        if (_fitsNarrow)
        {
            int shift = 16 - BitOperations.Log2((uint)entries.Length - 1);
            ref int first = ref MemoryMarshal.GetReference(entries);
            for (int i = 0; i < y.Length; i++)
            {
                // The nested floor: what the fraction's product has below the entries' unit reaches no sum.
                int at = x[i] + 32768;
                ref int left = ref Unsafe.Add(ref first, at >> shift);
                int sum = left + (((Unsafe.Add(ref left, 1) - left) * (at & ((1 << shift) - 1))) >> shift);
                y[i] = TY.CreateTruncating(Math.Clamp((sum + (1 << (LookupTable.FractionBits - 1))) >> LookupTable.FractionBits, low, high));
            }

            return;
        }

        for (int i = 0; i < y.Length; i++)
        {
            y[i] = TY.CreateTruncating(Math.Clamp(ReadLinear(entries, x[i]), low, high));
        }
    }
}
