using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Importing;

/// <summary>Computes what depends on constants only, with the same engine that runs the model.</summary>
internal static class ConstantFolder
{
    /// <summary>A folded tensor is kept in the model: larger ones stay computed (an Expand of a scalar to an image, say).</summary>
    private const long LargestResult = 64 << 20;

    /// <summary>Replaces the node by its results, if it reads constants only.</summary>
    public static bool TryFold(GraphEditor editor, Node node)
    {
        if (node.Inputs.Any(i => i.Length > 0 && !editor[i].IsConstant) || node.Outputs.Any(o => editor[o].ByteCount > LargestResult))
        {
            return false;
        }

        Tensor[] values = Evaluate(node, editor);
        editor.RemoveNode(node);
        for (int i = 0; i < values.Length; i++)
        {
            editor.SetTensor(TensorSpec.OfConstant(node.Outputs[i], values[i]));
        }

        return true;
    }

    /// <summary>Computes a source node of ONNX that this tool chain need not know, because its inputs are constants.</summary>
    public static Tensor[] Evaluate(SourceNode node, SourceGraph graph, Func<string, Tensor> constant)
    {
        var constants = node.Inputs.Where(i => i.Length > 0).Distinct().ToDictionary(i => i, constant);
        ImmutableArray<SourceTensor> outputs = [.. node.Outputs.Where(o => o.Length > 0).Select(o => new SourceTensor(o, DataType.Float32, default))];
        var single = new SourceGraph(node.Name, Framework.Onnx, [], outputs, [node], constants) { OpsetVersions = graph.OpsetVersions };
        return Run(single);
    }

    private static Tensor[] Evaluate(Node node, GraphEditor editor)
    {
        var single = new GraphEditor(node.Name);
        foreach (string input in node.Inputs.Where(i => i.Length > 0).Distinct())
        {
            single.AddTensor(editor[input]);
        }

        single.AddNode(node.Name, node.Op, node.Inputs.AsSpan(), node.Outputs.AsSpan());
        foreach (string output in node.Outputs)
        {
            single.Outputs.Add(output);
        }

        return Run(new OnnxEmitter(single.ToGraph()).Emit(node.Outputs));
    }

    private static Tensor[] Run(SourceGraph graph)
    {
        using var session = new OnnxSession(graph, optimize: false);
        return session.Run(ImmutableDictionary<string, Tensor>.Empty, CancellationToken.None);
    }
}
