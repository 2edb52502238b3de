using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Recurrent;

namespace SgsIpu.Ops;

/// <summary>Long short-term memory, gates in the order i, o, f, c; see <see cref="RecurrentOp"/>.</summary>
/// <param name="InputForget">True where the forget gate is 1 − the input gate.</param>
/// <param name="CellOutput">True where the last cell [directions, batch, hidden] is the second output.</param>
public sealed record LstmOp(bool InputForget = false, bool CellOutput = false) : RecurrentOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
        [ImportRule.Onnx("LSTM", static c => RecurrentImport.Lift(c, new LstmOp(c.Node.Int("input_forget", 0) != 0, c.HasOutput(2))))];

    public override string Name => "Lstm";

    public override int Gates => 4;

    public override ImmutableArray<GateActivation> UsualActivations => [GateActivation.Sigmoid, GateActivation.Tanh, GateActivation.Tanh];

    protected override bool HasCell => CellOutput;

    protected override string OnnxName => "LSTM";

    protected override void AddAttributes(List<(string Name, object Value)> attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        if (InputForget)
        {
            attributes.Add(("input_forget", 1L));
        }
    }

    protected override RecurrentKernel Kernel(RecurrentSpec spec) => new LstmKernel(spec, InputForget);

    protected override double Bound(ReadOnlySpan<double> functions) => functions[0] * functions[2];
}
