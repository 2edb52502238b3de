using System.Numerics;
using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Kernels.Recurrent;

/// <summary>The steps of a recurrent layer; what one step does is the derived kernel's.</summary>
public abstract class RecurrentKernel(RecurrentSpec spec, int gates)
{
    protected RecurrentSpec Spec => spec;

    protected int Hidden => spec.Hidden;

    /// <summary>Elements of scratch that a run needs.</summary>
    public int WorkspaceElements => (gates + Extra + 4) * spec.Hidden;

    /// <summary>Rows of scratch that a step needs besides the gates.</summary>
    protected virtual int Extra => 0;

    /// <summary>Σ a·b, exact. Lanes of any width give the same sum.</summary>
    public static long Dot(ReadOnlySpan<short> a, ReadOnlySpan<short> b)
    {
        var sums = Vector<long>.Zero;
        int i = 0;
        for (; i <= a.Length - Vector<short>.Count; i += Vector<short>.Count)
        {
            Vector.Widen(new Vector<short>(a[i..]), out Vector<int> al, out Vector<int> ah);
            Vector.Widen(new Vector<short>(b[i..]), out Vector<int> bl, out Vector<int> bh);
            Vector.Widen(al * bl, out Vector<long> p, out Vector<long> q);
            Vector.Widen(ah * bh, out Vector<long> r, out Vector<long> s);
            sums += p + q + r + s;
        }

        long sum = Vector.Sum(sums);
        for (; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    /// <summary>Runs the layer.</summary>
    /// <param name="x">INT16 [Steps, Batch, Inputs].</param>
    /// <param name="initial">INT16 [directions, Batch, Hidden]; empty for zeros.</param>
    /// <param name="initialCell">Likewise, of the cell.</param>
    /// <param name="y">[Steps, directions, Batch, Hidden].</param>
    /// <param name="cell">INT16 [directions, Batch, Hidden], the last cell; empty where it is not wanted.</param>
    public void Run(ReadOnlySpan<short> x, ReadOnlySpan<short> initial, ReadOnlySpan<short> initialCell, Span<byte> y, Span<short> cell, Span<int> workspace)
    {
        int h = spec.Hidden;
        Span<int> gateValues = workspace[..((gates + Extra) * h)];
        Span<int> state = workspace.Slice((gates + Extra) * h, h);
        Span<int> memory = workspace.Slice((gates + Extra + 1) * h, h);
        Span<short> narrow = MemoryMarshal.Cast<int, short>(workspace[((gates + Extra + 2) * h)..])[..h];
        for (int d = 0; d < spec.Directions.Length; d++)
        {
            RecurrentDirection direction = spec.Directions[d];
            for (int b = 0; b < spec.Batch; b++)
            {
                int row = ((d * spec.Batch) + b) * h;
                Load(initial, row, spec.InitialScale, state);
                Load(initialCell, row, spec.InitialCellScale, memory);
                int length = Math.Min(spec.Lengths[b], spec.Steps);
                for (int s = 0; s < spec.Steps; s++)
                {
                    int t = direction.Reverse && s < length ? length - 1 - s : s;
                    int at = ((((t * spec.Directions.Length) + d) * spec.Batch) + b) * h;
                    if (s >= length)
                    {
                        Write(y, at, default);
                        continue;
                    }

                    Narrow(state, narrow);
                    Step(direction, x.Slice(((t * spec.Batch) + b) * spec.Inputs, spec.Inputs), narrow, state, memory, gateValues);
                    Write(y, at, state);
                }

                for (int i = 0; i < h && !cell.IsEmpty; i++)
                {
                    cell[row + i] = (short)spec.CellRange.Place(spec.CellScale.Apply(memory[i]));
                }
            }
        }
    }

    /// <summary>One step of one sequence: from the state and the memory before to those after.</summary>
    /// <param name="narrow">The state as INT16.</param>
    protected abstract void Step(RecurrentDirection direction, ReadOnlySpan<short> x, Span<short> narrow, Span<int> state, Span<int> memory, Span<int> values);

    /// <summary>Products of one gate's rows with the inputs, and their bias.</summary>
    protected void FromInputs(RecurrentDirection direction, int gate, ReadOnlySpan<short> x, Span<int> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            int row = (gate * Hidden) + i;
            values[i] = Fixed20.Saturate((long)spec.InputScale.Apply(Dot(x, direction.Weights.AsSpan(row * spec.Inputs, spec.Inputs))) + direction.Bias[row]);
        }
    }

    /// <summary>Products of one row with the state, and its bias.</summary>
    protected long FromState(RecurrentDirection direction, int row, ReadOnlySpan<short> narrow) =>
        (long)spec.RecurrenceScale.Apply(Dot(narrow, direction.Recurrence.AsSpan(row * Hidden, Hidden))) + direction.RecurrenceBias[row];

    protected int Clipped(long value) => (int)Math.Clamp(value, -spec.Clip, spec.Clip);

    protected void Narrow(ReadOnlySpan<int> state, Span<short> narrow)
    {
        for (int i = 0; i < narrow.Length; i++)
        {
            narrow[i] = (short)Math.Clamp(spec.StateScale.Apply(state[i]), -short.MaxValue, short.MaxValue);
        }
    }

    private static void Load(ReadOnlySpan<short> source, int at, Requantizer scale, Span<int> target)
    {
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = source.IsEmpty ? 0 : Fixed20.Saturate(scale.Apply(source[at + i]));
        }
    }

    private void Write(Span<byte> y, int at, ReadOnlySpan<int> state)
    {
        for (int i = 0; i < spec.Hidden; i++)
        {
            int value = spec.OutputRange.Place(state.IsEmpty ? 0 : spec.OutputScale.Apply(state[i]));
            if (spec.OutputType == DataType.UInt8)
            {
                y[at + i] = (byte)value;
            }
            else
            {
                MemoryMarshal.Cast<byte, short>(y)[at + i] = (short)value;
            }
        }
    }
}
