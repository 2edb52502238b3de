using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>How one operator of a framework is expressed in IR.</summary>
/// <param name="OpType">The framework's name, with its domain where it has one: <c>Conv</c>, <c>com.microsoft.Gelu</c>, <c>CONV_2D</c>.</param>
/// <param name="Lift">Adds the IR nodes and binds the outputs.</param>
public sealed record ImportRule(Framework Framework, string OpType, Action<LiftContext> Lift)
{
    /// <summary>Adds the IR nodes and binds the outputs. What a file says may make no sense in ways that no rule looks for.</summary>
    /// <exception cref="IpuException">The node is wrong or not supported (id <c>NodeInvalid</c>, or one of the rule's own).</exception>
    public Action<LiftContext> Lift { get; } = Guarded(Lift);

    public static ImportRule Onnx(string opType, Action<LiftContext> lift) => new(Framework.Onnx, opType, lift);

    public static ImportRule Caffe(string opType, Action<LiftContext> lift) => new(Framework.Caffe, opType, lift);

    public static ImportRule TfLite(string opType, Action<LiftContext> lift) => new(Framework.TfLite, opType, lift);

    public static ImportRule TensorFlow(string opType, Action<LiftContext> lift) => new(Framework.TensorFlow, opType, lift);

    /// <summary>One rule for an operator that TensorFlow and TFLite have under names of their own.</summary>
    public static ImmutableArray<ImportRule> TensorFlowAndTfLite(string tensorFlow, string tfLite, Action<LiftContext> lift) =>
        [TensorFlow(tensorFlow, lift), TfLite(tfLite, lift)];

    private static Action<LiftContext> Guarded(Action<LiftContext> lift) => context =>
    {
        try
        {
            lift(context);
        }
        catch (Exception e) when (e is OverflowException or ArgumentException or IndexOutOfRangeException or DivideByZeroException or InvalidOperationException)
        {
            throw context.Error("NodeInvalid", $"its attributes and inputs do not fit together: {e.Message}");
        }
    };
}
