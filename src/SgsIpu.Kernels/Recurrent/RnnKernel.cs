namespace SgsIpu.Kernels.Recurrent;

/// <summary>h = f(x·W + h·R + b).</summary>
public sealed class RnnKernel(RecurrentSpec spec) : RecurrentKernel(spec, gates: 1)
{
    protected override void Step(RecurrentDirection direction, ReadOnlySpan<short> x, Span<short> narrow, Span<int> state, Span<int> memory, Span<int> values)
    {
        ArgumentNullException.ThrowIfNull(direction);
        FromInputs(direction, 0, x, values);
        for (int i = 0; i < Hidden; i++)
        {
            state[i] = direction.Functions[0].Apply(Clipped(values[i] + FromState(direction, i, narrow)));
        }
    }
}
