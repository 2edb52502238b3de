namespace SgsIpu.Core;

/// <summary>
/// What a node computes, with its attributes: an immutable value. Activations of rank 4 are NHWC. Every concrete operator is one
/// record in <c>SgsIpu.Ops</c>.
/// </summary>
public abstract record Operator
{
    /// <summary>The operator's name, for example <c>Conv2D</c>; also its key in files.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// Types and shapes of the outputs for these inputs, whose number is checked here too. An absent optional input is null.
    /// </summary>
    /// <exception cref="IpuException">The inputs do not fit the operator (id <c>ShapeMismatch</c>).</exception>
    public abstract TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs);
}
