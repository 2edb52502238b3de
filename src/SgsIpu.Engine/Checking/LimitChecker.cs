using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Checking;

/// <summary>Compares every node of a model with the limits of chips.</summary>
internal static class LimitChecker
{
    /// <summary>
    /// For each node and generation what it exceeds, or one native entry where it exceeds nothing, in the order of execution. An offline
    /// model is what its image was made from.
    /// </summary>
    public static IEnumerable<LimitCheck> Check(IpuModel model, IReadOnlyList<SocGeneration> generations)
    {
        foreach (Node node in model.Nodes)
        {
            TensorSpec?[] inputs = model.Graph.InputsOf(node);
            TensorSpec[] outputs = model.Graph.OutputsOf(node);
            foreach (SocGeneration generation in generations)
            {
                bool exceeds = false;
                foreach (Constraint limit in HardwareLimits.Of((IpuOperator)node.Op))
                {
                    if (limit.Violation(inputs, outputs, generation) is { } found)
                    {
                        exceeds = true;
                        yield return new LimitCheck(model.Name, node.Name, node.Op.Name, generation, Action(limit.Remedy), limit.Text, found);
                    }
                }

                if (!exceeds)
                {
                    yield return new LimitCheck(model.Name, node.Name, node.Op.Name, generation, LimitAction.Native, "", "");
                }
            }
        }
    }

    private static LimitAction Action(ConstraintRemedy remedy) => remedy switch
    {
        ConstraintRemedy.Native => LimitAction.Native,
        ConstraintRemedy.Converted => LimitAction.Converted,
        ConstraintRemedy.Split => LimitAction.Split,
        _ => LimitAction.Refused,
    };
}
