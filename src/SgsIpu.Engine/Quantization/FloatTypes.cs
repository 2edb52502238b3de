using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>The integer types that the tensors of a float model will have, as its configuration and what was asked of it say.</summary>
internal sealed class FloatTypes
{
    private readonly Graph _graph;
    private readonly PrecisionPlan _plan;
    private readonly TensorRoles _roles;

    public FloatTypes(IpuModel model)
    {
        var given = new GivenTable(model.Graph, model.Given);
        _graph = model.Graph;
        _plan = new PrecisionPlan(model.Graph, model.InputConfig, given);
        _roles = new TensorRoles(model.Graph);
    }

    /// <summary>Null where nothing is quantized.</summary>
    public DataType? Of(string tensor) => _roles[tensor] switch
    {
        TensorRole.Activation => _plan.TypeOf(tensor),
        TensorRole.Weight => Wide(tensor) ? DataType.Int16 : DataType.Int8,
        TensorRole.Bias => Wide(tensor) ? DataType.Int64 : DataType.Int32,
        TensorRole.Constant => DataType.Int16,
        _ => null,
    };

    private bool Wide(string constant) =>
        _graph.Consumers(constant).FirstOrDefault(n => _plan.Rule(n) is { Class: QuantClass.Convolution, Weight: >= 0 }) is { } node
        && _plan.Precision.Of(node, _plan.Rule(node)) == DataType.Int16;
}
