namespace SgsIpu.Kernels.Recurrent;

/// <summary>One direction of a recurrent layer: weights as integers, everything else as <see cref="Fixed20"/>.</summary>
public sealed record RecurrentDirection
{
    /// <summary>True where the steps run from the last to the first.</summary>
    public bool Reverse { get; init; }

    /// <summary>[gates · hidden, inputs].</summary>
    public required short[] Weights { get; init; }

    /// <summary>[gates · hidden, hidden].</summary>
    public required short[] Recurrence { get; init; }

    /// <summary>The bias of the weights, [gates · hidden].</summary>
    public required int[] Bias { get; init; }

    /// <summary>The bias of the recurrence, [gates · hidden].</summary>
    public required int[] RecurrenceBias { get; init; }

    /// <summary>Weights of the cell to the gates i, o and f, [3 · hidden]; empty where there are none.</summary>
    public int[] Peepholes { get; init; } = [];

    /// <summary>The activations, in the order of the layer's formulas.</summary>
    public required GateFunction[] Functions { get; init; }
}
