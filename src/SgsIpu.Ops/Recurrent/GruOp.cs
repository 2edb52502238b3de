using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Recurrent;

namespace SgsIpu.Ops;

/// <summary>Gated recurrent unit, gates in the order z, r, h; see <see cref="RecurrentOp"/>.</summary>
/// <param name="LinearBeforeReset">True where the reset gate multiplies the recurrence's product, false where it multiplies the state.</param>
public sealed record GruOp(bool LinearBeforeReset = false) : RecurrentOp
{
    public static ImmutableArray<ImportRule> Imports { get; } =
        [ImportRule.Onnx("GRU", static c => RecurrentImport.Lift(c, new GruOp(c.Node.Int("linear_before_reset", 0) != 0)))];

    public override string Name => "Gru";

    public override int Gates => 3;

    public override ImmutableArray<GateActivation> UsualActivations => [GateActivation.Sigmoid, GateActivation.Tanh];

    protected override string OnnxName => "GRU";

    protected override void AddAttributes(List<(string Name, object Value)> attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        attributes.Add(("linear_before_reset", LinearBeforeReset ? 1L : 0L));
    }

    protected override RecurrentKernel Kernel(RecurrentSpec spec) => new GruKernel(spec, LinearBeforeReset);

    /// <summary>With an update gate within [0, 1] the state lies between the candidates.</summary>
    protected override double Bound(ReadOnlySpan<double> functions) => functions[0] <= 1 ? functions[1] : double.PositiveInfinity;
}
