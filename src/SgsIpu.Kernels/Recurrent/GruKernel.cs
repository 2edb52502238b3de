namespace SgsIpu.Kernels.Recurrent;

/// <summary>Gated recurrent unit, gates in the order z, r, h: state = (1 − z)·g(x·W + …) + z·state.</summary>
/// <param name="linearBeforeReset">True where r multiplies the recurrence's product, false where it multiplies the state before.</param>
public sealed class GruKernel(RecurrentSpec spec, bool linearBeforeReset) : RecurrentKernel(spec, gates: 3)
{
    protected override int Extra => 1;

    protected override void Step(RecurrentDirection direction, ReadOnlySpan<short> x, Span<short> narrow, Span<int> state, Span<int> memory, Span<int> values)
    {
        ArgumentNullException.ThrowIfNull(direction);
        int h = Hidden;
        for (int gate = 0; gate < 3; gate++)
        {
            FromInputs(direction, gate, x, values.Slice(gate * h, h));
        }

        Span<int> update = values[..h];
        Span<int> reset = values.Slice(h, h);
        Span<int> candidate = values.Slice(2 * h, h);
        Span<int> kept = values.Slice(3 * h, h);
        for (int i = 0; i < h; i++)
        {
            update[i] = direction.Functions[0].Apply(Clipped(update[i] + FromState(direction, i, narrow)));
            reset[i] = direction.Functions[0].Apply(Clipped(reset[i] + FromState(direction, h + i, narrow)));
            kept[i] = Fixed20.Multiply(reset[i], state[i]);
        }

        if (!linearBeforeReset)
        {
            Narrow(kept, narrow);
        }

        for (int i = 0; i < h; i++)
        {
            long recurrence = FromState(direction, (2 * h) + i, narrow);
            recurrence = linearBeforeReset ? Fixed20.Multiply(reset[i], Fixed20.Saturate(recurrence)) : recurrence;
            int fresh = direction.Functions[1].Apply(Clipped(candidate[i] + recurrence));
            state[i] = Fixed20.Saturate((long)Fixed20.Multiply(Fixed20.Saturate((long)Fixed20.One - update[i]), fresh) + Fixed20.Multiply(update[i], state[i]));
        }
    }
}
