using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>
/// Everything that the tool chain knows about one operator, apart from its import rules, which are static. A missing facet is a
/// build error.
/// </summary>
public abstract record IpuOperator : Operator
{
    /// <summary>Hardware limits, as functions whose text is both the user's message and the support table.</summary>
    public abstract ImmutableArray<Constraint> Constraints { get; }

    /// <summary>
    /// Emits the float semantics as ONNX nodes. Image operators emit channels-first; what has no preference follows its inputs
    /// (<see cref="OnnxEmitter.Elementwise"/>), so that no transposes stand between convolutions.
    /// </summary>
    public abstract void EmitOnnx(OnnxEmitter emitter, Node node);

    /// <summary>Which integers the operator wants for its inputs, and where the range of its output comes from.</summary>
    public abstract QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs);

    /// <summary>
    /// Constants that the fixed-point form needs beyond the node's own inputs (lookup tables). They are computed once, when the model
    /// is quantized, and stored in it, because transcendental functions differ between machines. They are appended to the node's inputs.
    /// </summary>
    public virtual ImmutableArray<Tensor> BuildTables(FixedBinding binding) => [];

    /// <summary>Prepares the fixed-point form for these tensors: packs weights, computes requantizers. Called once for a node.</summary>
    /// <exception cref="IpuException">The types do not fit the operator (id <c>FixedNotSupported</c>).</exception>
    public abstract FixedKernel PrepareFixed(FixedBinding binding);

    /// <summary>Work of one run.</summary>
    public abstract OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs);

    /// <summary>
    /// The operator <c>f'</c> with <c>f(transpose(x, p)) = transpose(f'(x), p)</c> for every activation input x (constants are
    /// transposed by the caller), or null where there is none. Lets a pass move transposes through.
    /// </summary>
    /// <param name="permutation">p: dimension i of the transposed tensor is dimension p[i] of x.</param>
    /// <param name="inputs">The inputs as they are now, transposed.</param>
    public virtual IpuOperator? Permuted(ImmutableArray<int> permutation, IReadOnlyList<TensorSpec?> inputs) => null;

    /// <summary>
    /// Rows of an NHWC input that neighbouring <paramref name="rows"/> rows of the NHWC output need; null where the whole input is needed. Lets
    /// the scheduler run groups of operators in stripes.
    /// </summary>
    public virtual long? InputRows(int rows, IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => null;

    /// <summary>
    /// True for an operator whose fixed form takes a scale for each channel (last dimension, which it leaves where it is) at its activations and its output,
    /// each with scales of its own.
    /// </summary>
    public virtual bool TakesChannelScales(IReadOnlyList<TensorSpec?> inputs) => false;

    /// <summary>
    /// True for an element-wise operator whose output has the product of the scales of its inputs times one number, which is the same for every
    /// channel (last dimension), so that its fixed form is the same as with one scale.
    /// </summary>
    public virtual bool MultipliesScales => false;

    /// <summary>
    /// For operators that move values: the output channel (last dimension) that the first channel of an input becomes, below 0 where the
    /// first ones are left out; null where the channels of the input do not stay channels in their order.
    /// </summary>
    public virtual int? ChannelOf(int input, IReadOnlyList<TensorSpec?> inputs, TensorSpec output) => null;

    /// <summary>
    /// Inputs and outputs whose bytes are the same bytes, so that the memory planner can give them one place and nothing is copied.
    /// </summary>
    /// <param name="inputs">As in a fixed graph, with integer types.</param>
    public virtual IEnumerable<MemoryView> Views(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => [];

    /// <summary>
    /// Inputs whose memory output 0 may take over where both are as large and nothing needs the input any more: the fixed form reads
    /// every element before it writes the one in the same place.
    /// </summary>
    public virtual IEnumerable<int> Overwritable(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs) => [];

    protected IpuException Mismatch(string message) => new("ShapeMismatch", $"{Name}: {message}");
}
