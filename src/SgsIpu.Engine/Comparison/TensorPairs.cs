using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Comparison;

/// <summary>Which tensors of two graphs hold the same values. Names tell; where quantizing put an operator in between, both of its sides do.</summary>
internal sealed class TensorPairs
{
    private readonly Dictionary<string, string> _referenceOf = new(StringComparer.Ordinal);

    public TensorPairs(Graph reference, Graph model)
    {
        foreach (TensorSpec tensor in model.Tensors.Values.Where(t => !t.IsConstant))
        {
            if (reference.Tensors.TryGetValue(tensor.Name, out TensorSpec? same) && !same.IsConstant && same.Shape == tensor.Shape && IsReal(same) && IsReal(tensor))
            {
                _referenceOf[tensor.Name] = tensor.Name;
            }
        }

        foreach (Node node in model.Nodes.Where(n => n.Op is BoundaryOp))
        {
            // The image's bytes are no real numbers; what is made of them is the float model's input.
            string? source = node.Op is NormalizeImageOp or QuantizeOp ? InputOf(reference, node) : _referenceOf.GetValueOrDefault(node.Inputs[0]);
            if (source is not null && reference[source].Shape == model[node.Outputs[0]].Shape)
            {
                _referenceOf.TryAdd(node.Outputs[0], source);
            }
            else if (_referenceOf.TryGetValue(node.Outputs[0], out string? known) && reference[known].Shape == model[node.Inputs[0]].Shape)
            {
                _referenceOf.TryAdd(node.Inputs[0], known);
            }
        }
    }

    /// <summary>The tensors of the model that have a counterpart, with it.</summary>
    public IReadOnlyDictionary<string, string> ReferenceOf => _referenceOf;

    private static bool IsReal(TensorSpec tensor) => tensor.Quant is not null || tensor.Type.IsFloat();

    private static string? InputOf(Graph reference, Node node) => reference.Inputs.Contains(node.Inputs[0]) ? node.Inputs[0] : null;
}
