using SgsIpu.Frontends.TensorFlow.Proto;

namespace SgsIpu.Frontends.TensorFlow;

/// <summary>
/// Follows the branches that an inference graph takes: a Switch hands its data to one of its outputs, what hangs on the other one is dead,
/// and a Merge passes on the input that is not. Nodes are told in execution order.
/// </summary>
internal sealed class Branches
{
    private readonly Dictionary<string, RawNode> _nodes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _deadTensors = new(StringComparer.Ordinal);
    private readonly HashSet<string> _deadNodes = new(StringComparer.Ordinal);

    /// <summary>Takes in the next node; false where it is on a branch that is not taken.</summary>
    /// <param name="source">For a Switch or Merge that is resolved: the tensor that it passes on; else null.</param>
    /// <param name="output">The output that gets it.</param>
    public bool Enter(RawNode node, out string? source, out int output)
    {
        _nodes.Add(node.Name, node);
        (source, output) = (null, 0);
        bool merge = node.Op is "Merge" or "RefMerge";
        string[] alive = [.. node.Inputs.Where(i => !IsDead(i))];
        if (node.Controls.Any(_deadNodes.Contains) || (merge ? alive.Length == 0 : alive.Length < node.Inputs.Length))
        {
            _deadNodes.Add(node.Name);
            return false;
        }

        if (merge && alive.Length == 1)
        {
            source = alive[0];
        }
        else if (node.Op is "Switch" or "RefSwitch" && node.Inputs.Length == 2 && Condition(node.Inputs[1]) is { } condition)
        {
            source = node.Inputs[0];
            output = condition ? 1 : 0;
            _deadTensors.Add(RawNode.Output(node.Name, 1 - output));
        }

        return true;
    }

    private bool IsDead(string tensor) => _deadTensors.Contains(tensor) || _deadNodes.Contains(RawNode.NodeOf(tensor));

    /// <summary>
    /// The value of a condition, or null where the data decide. An input that is a condition says whether the model is being trained
    /// (<c>phase_train</c>, <c>is_training</c>): it is not.
    /// </summary>
    private bool? Condition(string tensor)
    {
        bool inverted = false;
        while (_nodes.TryGetValue(RawNode.NodeOf(tensor), out RawNode? node))
        {
            switch (node.Op)
            {
                case "Const" when node.Attribute("value")?.Tensor is { Dtype: TensorFlowTypes.Bool } value:
                    return Bit(value) != inverted;
                case "Placeholder" when node.Attribute("dtype")?.Type == TensorFlowTypes.Bool:
                    return inverted;
                case "LogicalNot" when node.Inputs.Length == 1:
                    inverted = !inverted;
                    tensor = node.Inputs[0];
                    break;
                case "Identity" or "StopGradient" or "PlaceholderWithDefault" or "Switch" or "RefSwitch" when node.Inputs.Length > 0:
                    tensor = node.Inputs[0];
                    break;
                default:
                    return null;
            }
        }

        return null;
    }

    private static bool Bit(TensorData value) => value.TensorContent.IsEmpty ? value.BoolVal.Count > 0 && value.BoolVal[0] : value.TensorContent[0] != 0;
}
