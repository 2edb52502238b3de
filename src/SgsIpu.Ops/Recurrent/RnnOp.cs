using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Kernels.Recurrent;

namespace SgsIpu.Ops;

/// <summary>A simple recurrent layer, h = f(x·W + h·R + b); see <see cref="RecurrentOp"/>.</summary>
public sealed record RnnOp : RecurrentOp
{
    public static ImmutableArray<ImportRule> Imports { get; } = [ImportRule.Onnx("RNN", static c => RecurrentImport.Lift(c, new RnnOp()))];

    public override string Name => "Rnn";

    public override int Gates => 1;

    public override ImmutableArray<GateActivation> UsualActivations => [GateActivation.Tanh];

    protected override string OnnxName => "RNN";

    protected override RecurrentKernel Kernel(RecurrentSpec spec) => new RnnKernel(spec);

    protected override double Bound(ReadOnlySpan<double> functions) => functions[0];
}
