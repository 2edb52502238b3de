using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Recurrent;

namespace SgsIpu.Ops;

/// <summary>
/// What the recurrent layers share. Inputs: x [steps, batch, inputs], weights [directions, gates · hidden, inputs], recurrence
/// [directions, gates · hidden, hidden], bias [directions, 2 · gates · hidden], initial state and initial cell
/// [directions, batch, hidden], peepholes [directions, 3 · hidden]; all seven are named, absent ones are "". Output:
/// y [steps, directions, batch, hidden], 0 beyond the end of a sequence.
/// </summary>
public abstract partial record RecurrentOp : IpuOperator
{
    /// <summary>Number of inputs, absent ones included; tables follow them.</summary>
    public const int InputCount = 7;

    public RecurrentDirections Direction { get; init; }

    /// <summary>The activations of a direction, for each direction.</summary>
    public ImmutableArray<GateActivation> Activations { get; init; } = [];

    /// <summary>α of those activations that have one, in their order; what is missing has its usual value.</summary>
    public ImmutableArray<float> Alpha { get; init; } = [];

    /// <summary>β likewise.</summary>
    public ImmutableArray<float> Beta { get; init; } = [];

    /// <summary>Largest magnitude of what goes into an activation; +∞ for none.</summary>
    public float Clip { get; init; } = float.PositiveInfinity;

    /// <summary>Steps of each sequence of the batch; empty where all have them all.</summary>
    public ImmutableArray<int> Lengths { get; init; } = [];

    /// <summary>Rows of weights for each hidden element.</summary>
    public abstract int Gates { get; }

    /// <summary>Activations of one direction where the model names none.</summary>
    public abstract ImmutableArray<GateActivation> UsualActivations { get; }

    public int DirectionCount => Direction == RecurrentDirections.Bidirectional ? 2 : 1;

    /// <summary>True where the last cell is the second output.</summary>
    protected virtual bool HasCell => false;

    public override ImmutableArray<Constraint> Constraints => [ConstantWeights, ConvolutionConstraints.TensorSize];

    private static Constraint ConstantWeights { get; } = new(
        "weights, recurrence, bias and peepholes of a recurrent layer are constant",
        static (inputs, _, _) => inputs.Where((i, at) => at is 1 or 2 or 3 or 6 && i is { IsConstant: false }).FirstOrDefault() is { } computed ? $"'{computed.Name}' is computed from the data" : null,
        ConstraintRemedy.Refused);

    public override TensorType[] InferOutputs(IReadOnlyList<TensorSpec?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Count < 3 || inputs[0] is not { Shape.Rank: 3 } x || inputs[1] is not { Shape.Rank: 3 } w || inputs[2] is not { Shape.Rank: 3 } r)
        {
            throw Mismatch("needs x, weights and recurrence of three dimensions each");
        }

        int hidden = r.Shape[2];
        int rows = checked(Gates * hidden);
        if (w.Shape != new Shape(DirectionCount, rows, x.Shape[2]) || r.Shape != new Shape(DirectionCount, rows, hidden))
        {
            throw Mismatch($"{w} and {r} do not fit {x} with {DirectionCount} directions of {Gates} gates");
        }

        Check(inputs, 3, new Shape(DirectionCount, 2 * rows));
        Check(inputs, 4, new Shape(DirectionCount, x.Shape[1], hidden));
        Check(inputs, 5, new Shape(DirectionCount, x.Shape[1], hidden));
        Check(inputs, 6, new Shape(DirectionCount, 3 * hidden));
        if ((!Lengths.IsEmpty && Lengths.Length != x.Shape[1]) || Lengths.Any(l => l < 1 || l > x.Shape[0]))
        {
            throw Mismatch($"the lengths [{string.Join(", ", Lengths)}] are not one of 1 to {x.Shape[0]} for each of {x.Shape[1]} sequences");
        }

        if (Activations.Length != DirectionCount * UsualActivations.Length)
        {
            throw Mismatch($"{DirectionCount} directions have {DirectionCount * UsualActivations.Length} activations, found {Activations.Length}");
        }

        var y = new TensorType(x.Type, new Shape(x.Shape[0], DirectionCount, x.Shape[1], hidden));
        return HasCell ? [y, new TensorType(x.Type, new Shape(DirectionCount, x.Shape[1], hidden))] : [y];
    }

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        string At(int i) => i < node.Inputs.Length ? emitter.Native(node.Inputs[i]) : "";
        string lengths = Lengths.IsEmpty ? "" : emitter.Constant(Tensor.FromArray<int>([.. Lengths], Lengths.Length), "lengths");
        string[] inputs = [At(0), At(1), At(2), At(3), lengths, At(4), At(5), At(6)];
        var attributes = new List<(string, object)>
        {
            ("hidden_size", (long)emitter.Spec(node.Inputs[2]).Shape[2]),
            ("direction", Direction.ToString().ToLowerInvariant()),
            ("activations", Activations.Select(a => a.ToString()).ToArray()),
        };
        if (!Alpha.IsEmpty)
        {
            attributes.Add(("activation_alpha", Alpha.ToArray()));
        }

        if (!Beta.IsEmpty)
        {
            attributes.Add(("activation_beta", Beta.ToArray()));
        }

        if (float.IsFinite(Clip))
        {
            attributes.Add(("clip", Clip));
        }

        AddAttributes(attributes);
        string[] outputs = HasCell ? [emitter.DefineNative(node.Outputs[0]), "", emitter.DefineNative(node.Outputs[1])] : [emitter.DefineNative(node.Outputs[0])];
        int used = Array.FindLastIndex(inputs, i => i.Length > 0) + 1;
        emitter.Add(OnnxName, inputs.Take(used), outputs, attributes.ToArray());
    }

    public override QuantRule Quantize(IReadOnlyList<TensorSpec?> inputs) => QuantRule.General(InputCount);

    public override OperatorCost Cost(IReadOnlyList<TensorSpec?> inputs, IReadOnlyList<TensorSpec> outputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        Shape x = inputs[0]!.Shape;
        return OperatorCost.Of(inputs, outputs, (long)x[0] * x[1] * (inputs[1]!.Shape.Count + inputs[2]!.Shape.Count));
    }

    /// <summary>The ONNX operator.</summary>
    protected abstract string OnnxName { get; }

    protected virtual void AddAttributes(List<(string Name, object Value)> attributes)
    {
    }

    private void Check(IReadOnlyList<TensorSpec?> inputs, int position, Shape wanted)
    {
        if (inputs.Count > position && inputs[position] is { } given && given.Shape != wanted)
        {
            throw Mismatch($"input {position} is {wanted}, found {given}");
        }
    }
}
