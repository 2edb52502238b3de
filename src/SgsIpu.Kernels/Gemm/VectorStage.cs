using System.Runtime.CompilerServices;
using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>An output stage for vectors of channels: the same integers as <see cref="OutputStage"/>, by the cheapest arithmetic that is exact for all channels.</summary>
internal sealed unsafe class VectorStage
{
    /// <summary>Tables are readable so far beyond the last channel.</summary>
    private const int Slack = 32;

    /// <summary>A vector of elements.</summary>
    private const int SpareBytes = 32;

    private readonly OutputStage _output;
    private readonly PinnedArray<int> _narrow;
    private readonly PinnedArray<long> _wide;
    private readonly StageTable _table;
    private readonly bool _fitsNarrow;
    private readonly bool _fitsWide;

    /// <param name="output">With the zero point of the input in the bias.</param>
    /// <param name="bounds">Largest magnitude of each channel's sum, without the bias.</param>
    public VectorStage(OutputStage output, ReadOnlySpan<long> bounds)
    {
        _output = output;
        int length = output.Scale.Length + Slack;
        _narrow = new PinnedArray<int>(length * 4);
        _wide = new PinnedArray<long>(length * 5);
        int* n = _narrow.Pointer;
        long* w = _wide.Pointer;
        _table = new StageTable
        {
            Bias = n,
            Multiplier = n + length,
            Round = n + (2 * length),
            Shift = n + (3 * length),
            WideBias = w,
            WideLift = w + length,
            WideMultiplier = w + (2 * length),
            WideRound = w + (3 * length),
            WideShift = w + (4 * length),
            Zero = output.ZeroPoint,
            Min = output.Min,
            Max = output.Max,
        };
        (_fitsNarrow, _fitsWide) = (true, true);
        for (int c = 0; c < output.Scale.Length; c++)
        {
            Int128 bound = bounds[c] + Int128.Abs(output.Bias[c]);
            _fitsNarrow &= FillNarrow(c, bound);
            _fitsWide &= FillWide(c, bound);
        }
    }

    public int ElementSize => _output.Type == DataType.UInt8 ? sizeof(byte) : sizeof(short);

    /// <summary>Writes the output of sums[row, channel] of neighbouring channels; a row is readable to a multiple of the vector.</summary>
    /// <param name="stride">Sums from a row to the next.</param>
    /// <param name="y">The first channel's element of the first row.</param>
    /// <param name="rowBytes">From a row of y to the next.</param>
    public void Write<TVector, TForm>(int* sums, int stride, int rows, int channel, int count, byte* y, nint rowBytes)
        where TVector : unmanaged
        where TForm : struct, IVectorForm<TVector>
    {
        for (int i = 0; i < count; i += TForm.Count)
        {
            int part = Math.Min(TForm.Count, count - i);
            byte* target = y + (i * ElementSize);
            if (!TForm.HasStage && _fitsNarrow)
            {
                NarrowLanes(sums + i, stride, rows, channel + i, part, target, rowBytes);
            }
            else if (!_fitsNarrow)
            {
                Widen<TVector, TForm>(sums + i, stride, rows, channel + i, part, target, rowBytes);
            }
            else if (ElementSize == sizeof(byte))
            {
                Narrow<TVector, TForm, byte>(sums + i, stride, rows, channel + i, part, target, rowBytes);
            }
            else
            {
                Narrow<TVector, TForm, short>(sums + i, stride, rows, channel + i, part, target, rowBytes);
            }
        }
    }

    /// <summary>Writes the output of sums of neighbouring channels; readable to a multiple of the vector.</summary>
    [SkipLocalsInit]
    public void Write<TVector, TForm>(long* sums, int channel, int count, byte* y)
        where TVector : unmanaged
        where TForm : struct, IVectorForm<TVector>
    {
        if (TForm.HasStage && _fitsWide)
        {
            byte* spare = stackalloc byte[SpareBytes];
            for (int i = 0; i < count; i += TForm.Count)
            {
                TVector value = TForm.RequantizeWide(sums + i, _table, channel + i);
                if (ElementSize == sizeof(byte))
                {
                    Put<TVector, TForm, byte>(value, y + i, count - i, spare);
                }
                else
                {
                    Put<TVector, TForm, short>(value, y + (i * sizeof(short)), count - i, spare);
                }
            }

            return;
        }

        for (int i = 0; i < count; i++)
        {
            int value = _output.Apply(channel + i, sums[i]);
            if (_output.Type == DataType.UInt8)
            {
                y[i] = (byte)value;
            }
            else
            {
                ((short*)y)[i] = (short)value;
            }
        }
    }

    /// <summary>One vector of channels, so that its tables stay in registers.</summary>
    [SkipLocalsInit]
    private void Narrow<TVector, TForm, TElement>(int* sums, int stride, int rows, int channel, int count, byte* y, nint rowBytes)
        where TVector : unmanaged
        where TForm : struct, IVectorForm<TVector>
        where TElement : unmanaged
    {
        byte* spare = stackalloc byte[SpareBytes];
        TVector bias = TForm.Load(_table.Bias + channel);
        TVector multiplier = TForm.Load(_table.Multiplier + channel);
        TVector round = TForm.Load(_table.Round + channel);
        TVector shift = TForm.Load(_table.Shift + channel);
        TVector zero = TForm.All(_table.Zero);
        TVector min = TForm.All(_table.Min);
        TVector max = TForm.All(_table.Max);
        for (int row = 0; row < rows; row++)
        {
            TVector value = TForm.Requantize(TForm.Add(TForm.Load(sums), bias), multiplier, round, shift);
            Put<TVector, TForm, TElement>(TForm.Clamp(TForm.Add(value, zero), min, max), y, count, spare);
            sums += stride;
            y += rowBytes;
        }
    }

    /// <summary>The narrow stage without vectors.</summary>
    private void NarrowLanes(int* sums, int stride, int rows, int channel, int count, byte* y, nint rowBytes)
    {
        StageTable table = _table;
        bool bytes = ElementSize == sizeof(byte);
        for (int row = 0; row < rows; row++, sums += stride, y += rowBytes)
        {
            for (int i = 0; i < count; i++)
            {
                int c = channel + i;
                int upper = (int)(((long)(sums[i] + table.Bias[c]) * table.Multiplier[c]) >> 32);
                int value = Math.Min(Math.Max(((upper + table.Round[c]) >> table.Shift[c]) + table.Zero, table.Min), table.Max);
                if (bytes)
                {
                    y[i] = (byte)value;
                }
                else
                {
                    ((short*)y)[i] = (short)value;
                }
            }
        }
    }

    [SkipLocalsInit]
    private void Widen<TVector, TForm>(int* sums, int stride, int rows, int channel, int count, byte* y, nint rowBytes)
        where TVector : unmanaged
        where TForm : struct, IVectorForm<TVector>
    {
        long* wide = stackalloc long[Slack];
        for (int row = 0; row < rows; row++)
        {
            for (int lane = 0; lane < TForm.Count; lane++)
            {
                wide[lane] = sums[(row * stride) + lane];
            }

            Write<TVector, TForm>(wide, channel, count, y + (row * rowBytes));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<TVector, TForm, TElement>(TVector value, byte* y, int count, byte* spare)
        where TVector : unmanaged
        where TForm : struct, IVectorForm<TVector>
        where TElement : unmanaged
    {
        // What follows the last channel is another pixel, maybe another thread's.
        byte* target = y;
        if (count < TForm.Count)
        {
            target = spare;
        }

        if (typeof(TElement) == typeof(byte))
        {
            TForm.Narrow(value, target);
        }
        else
        {
            TForm.Narrow(value, (short*)target);
        }

        if (count < TForm.Count)
        {
            Unsafe.CopyBlockUnaligned(y, spare, (uint)(count * sizeof(TElement)));
        }
    }

    private bool FillNarrow(int c, Int128 bound)
    {
        Requantizer scale = _output.Scale[c];
        if (bound > int.MaxValue || (scale.Multiplier != 0 && scale.Shift < 33))
        {
            return false;
        }

        // The product is below 2^62 in magnitude: larger shifts give 0.
        bool zero = scale.Multiplier == 0 || scale.Shift > 62;
        int shift = zero ? 33 : scale.Shift;
        _table.Bias[c] = (int)_output.Bias[c];
        _table.Multiplier[c] = zero ? 0 : scale.Multiplier;
        _table.Round[c] = zero ? 0 : 1 << (shift - 33);
        _table.Shift[c] = shift - 32;
        return true;
    }

    private bool FillWide(int c, Int128 bound)
    {
        Requantizer scale = _output.Scale[c];
        bool zero = scale.Multiplier == 0 || scale.Shift > 94;
        int shift = zero ? 33 : scale.Shift;
        int lift = Math.Max(0, 33 - shift);
        if (scale.Multiplier < 0 || bound << lift >= Int128.One << 62)
        {
            return false;
        }

        shift += lift;
        _table.WideBias[c] = _output.Bias[c];
        _table.WideLift[c] = lift;
        _table.WideMultiplier[c] = zero ? 0 : scale.Multiplier;
        _table.WideRound[c] = zero ? 0 : 1L << (shift - 33);
        _table.WideShift[c] = shift - 32;
        return true;
    }
}
