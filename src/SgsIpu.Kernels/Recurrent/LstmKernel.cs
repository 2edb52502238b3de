namespace SgsIpu.Kernels.Recurrent;

/// <summary>
/// Long short-term memory, gates in the order i, o, f, c: C = f·C + i·c with i and f of the cell before through peepholes,
/// h = o·g(C) with o of the cell after.
/// </summary>
/// <param name="inputForget">True where f is 1 − i.</param>
public sealed class LstmKernel(RecurrentSpec spec, bool inputForget) : RecurrentKernel(spec, gates: 4)
{
    protected override void Step(RecurrentDirection direction, ReadOnlySpan<short> x, Span<short> narrow, Span<int> state, Span<int> memory, Span<int> values)
    {
        ArgumentNullException.ThrowIfNull(direction);
        int h = Hidden;
        for (int gate = 0; gate < 4; gate++)
        {
            FromInputs(direction, gate, x, values.Slice(gate * h, h));
        }

        GateFunction[] functions = direction.Functions;
        for (int i = 0; i < h; i++)
        {
            int cell = memory[i];
            int input = functions[0].Apply(Clipped(values[i] + FromState(direction, i, narrow) + Peephole(direction, i, cell)));
            int forget = inputForget
                ? Fixed20.Saturate((long)Fixed20.One - input)
                : functions[0].Apply(Clipped(values[(2 * h) + i] + FromState(direction, (2 * h) + i, narrow) + Peephole(direction, (2 * h) + i, cell)));
            int candidate = functions[1].Apply(Clipped(values[(3 * h) + i] + FromState(direction, (3 * h) + i, narrow)));
            cell = Fixed20.Saturate((long)Fixed20.Multiply(forget, cell) + Fixed20.Multiply(input, candidate));
            int output = functions[0].Apply(Clipped(values[h + i] + FromState(direction, h + i, narrow) + Peephole(direction, h + i, cell)));
            memory[i] = cell;
            state[i] = Fixed20.Multiply(output, functions[2].Apply(cell));
        }
    }

    private static int Peephole(RecurrentDirection direction, int index, int cell) =>
        direction.Peepholes.Length == 0 ? 0 : Fixed20.Multiply(direction.Peepholes[index], cell);
}
