using SgsIpu.Core;
using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels.Recurrent;

/// <summary>
/// A recurrent layer in integers: x [Steps, Batch, Inputs] gives y [Steps, directions, Batch, Hidden]. Products are summed exactly and
/// brought to <see cref="Fixed20"/> by one rounding for the inputs and one for the recurrence.
/// </summary>
public sealed record RecurrentSpec
{
    public required int Steps { get; init; }

    public required int Batch { get; init; }

    public required int Inputs { get; init; }

    public required int Hidden { get; init; }

    /// <summary>Steps of each sequence of the batch.</summary>
    public required int[] Lengths { get; init; }

    public required RecurrentDirection[] Directions { get; init; }

    /// <summary>From products of inputs and weights to <see cref="Fixed20"/>.</summary>
    public required Requantizer InputScale { get; init; }

    /// <summary>From products of the state and the recurrence to <see cref="Fixed20"/>.</summary>
    public required Requantizer RecurrenceScale { get; init; }

    /// <summary>From <see cref="Fixed20"/> to the INT16 state that the recurrence reads.</summary>
    public required Requantizer StateScale { get; init; }

    /// <summary>From an initial state to <see cref="Fixed20"/>.</summary>
    public Requantizer InitialScale { get; init; } = Requantizer.One;

    /// <summary>From an initial cell to <see cref="Fixed20"/>.</summary>
    public Requantizer InitialCellScale { get; init; } = Requantizer.One;

    /// <summary>Largest magnitude of what goes into an activation.</summary>
    public int Clip { get; init; } = int.MaxValue;

    public required DataType OutputType { get; init; }

    public required IntegerRange OutputRange { get; init; }

    /// <summary>From <see cref="Fixed20"/> to the output.</summary>
    public required Requantizer OutputScale { get; init; }

    public IntegerRange CellRange { get; init; }

    /// <summary>From <see cref="Fixed20"/> to the output of the cell.</summary>
    public Requantizer CellScale { get; init; } = Requantizer.One;
}
