using System.Runtime.CompilerServices;
using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>An output stage for vectors of channels: the same integers as <see cref="OutputStage"/>, by the cheapest arithmetic that is exact for all channels.</summary>
internal sealed unsafe class VectorStage
{
    /// <summary>Tables are readable so far beyond the last channel.</summary>
    private const int Slack = 32;

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

    /// <summary>Writes the output of sums of neighbouring channels; readable to a multiple of the vector.</summary>
    public void Write<TVector, TForm>(int* sums, int channel, int count, byte* y)
        where TVector : unmanaged
        where TForm : struct, IVectorForm<TVector>
    {
        if (TForm.HasStage && _fitsNarrow)
        {
            for (int i = 0; i < count; i += TForm.Count)
            {
                Put<TVector, TForm>(TForm.Requantize(TForm.Load(sums + i), _table, channel + i), y + (i * ElementSize), count - i);
            }

            return;
        }

        long* wide = stackalloc long[Slack];
        for (int i = 0; i < count; i += TForm.Count)
        {
            for (int j = 0; j < TForm.Count; j++)
            {
                wide[j] = sums[i + j];
            }

            Write<TVector, TForm>(wide, channel + i, Math.Min(TForm.Count, count - i), y + (i * ElementSize));
        }
    }

    /// <inheritdoc cref="Write{TVector, TForm}(int*, int, int, byte*)"/>
    public void Write<TVector, TForm>(long* sums, int channel, int count, byte* y)
        where TVector : unmanaged
        where TForm : struct, IVectorForm<TVector>
    {
        if (TForm.HasStage && _fitsWide)
        {
            for (int i = 0; i < count; i += TForm.Count)
            {
                Put<TVector, TForm>(TForm.RequantizeWide(sums + i, _table, channel + i), y + (i * ElementSize), count - i);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Put<TVector, TForm>(TVector value, byte* y, int count)
        where TVector : unmanaged
        where TForm : struct, IVectorForm<TVector>
    {
        if (count < TForm.Count)
        {
            PutPart<TVector, TForm>(value, y, count);
        }
        else if (_output.Type == DataType.UInt8)
        {
            TForm.Narrow(value, y);
        }
        else
        {
            TForm.Narrow(value, (short*)y);
        }
    }

    /// <summary>What follows the last channel is another pixel, maybe another thread's.</summary>
    private void PutPart<TVector, TForm>(TVector value, byte* y, int count)
        where TVector : unmanaged
        where TForm : struct, IVectorForm<TVector>
    {
        byte* part = stackalloc byte[64];
        if (_output.Type == DataType.UInt8)
        {
            TForm.Narrow(value, part);
        }
        else
        {
            TForm.Narrow(value, (short*)part);
        }

        Unsafe.CopyBlockUnaligned(y, part, (uint)(count * ElementSize));
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
