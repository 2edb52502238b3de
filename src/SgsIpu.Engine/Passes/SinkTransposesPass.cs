using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Passes;

/// <summary>
/// Moves transposes towards the outputs, through every operator that can work on the untransposed tensor, until they meet their inverse
/// or something that needs them. Channels-first models become NHWC by this.
/// </summary>
internal sealed class SinkTransposesPass : IPass
{
    public void Run(GraphEditor editor)
    {
        editor.Sort();
        foreach (string name in editor.Nodes.Select(n => n.Name).ToArray())
        {
            Node node = editor.NodeNamed(name);
            switch (node.Op)
            {
                case TransposeOp transpose:
                    Compose(editor, node, transpose);
                    break;
                case ReshapeOp:
                    TransposedReshape.TrySink(editor, node);
                    break;
                case ReduceOp { KeepDims: false } reduce:
                    Sink(editor, KeepDimensions(editor, node, reduce));
                    break;
                default:
                    Sink(editor, node);
                    break;
            }
        }
    }

    private static void Compose(GraphEditor editor, Node node, TransposeOp transpose)
    {
        string source = node.Inputs[0];
        ImmutableArray<int> permutation = transpose.Permutation;
        if (editor.Producer(source) is { Op: TransposeOp first } producer)
        {
            permutation = [.. permutation.Select(d => first.Permutation[d])];
            source = producer.Inputs[0];
            node = node with { Op = new TransposeOp(permutation), Inputs = [source] };
            editor.ReplaceNode(editor.NodeNamed(node.Name), node);
        }

        if (permutation.AsSpan().SequenceEqual(Enumerable.Range(0, permutation.Length).ToArray()))
        {
            if (!editor.TryBypass(node.Outputs[0], source))
            {
                editor.ReplaceNode(node, node with { Op = new IdentityOp() });
            }
        }
    }

    /// <summary>Splits off the loss of dimensions, so that the reduction itself can be permuted.</summary>
    private static Node KeepDimensions(GraphEditor editor, Node node, ReduceOp reduce)
    {
        string output = node.Outputs[0];
        string kept = editor.FreshName(output + "/kept");
        ReduceOp keeping = reduce with { KeepDims = true };
        editor.AddTensor(editor[output] with { Name = kept, Shape = keeping.InferOutputs(editor.InputsOf(node))[0].Shape });
        Node replacement = node with { Op = keeping, Outputs = [kept] };
        editor.ReplaceNode(node, replacement);
        Node reshape = editor.AddNode(node.Name + "/squeeze", new ReshapeOp(editor[output].Shape), [kept], [output]);
        Sink(editor, replacement);
        TransposedReshape.TrySink(editor, editor.NodeNamed(reshape.Name));
        return editor.NodeNamed(node.Name);
    }

    private static void Sink(GraphEditor editor, Node node)
    {
        var op = (IpuOperator)node.Op;
        TensorSpec?[] inputs = editor.InputsOf(node);
        ImmutableArray<int> activations = op.Quantize(inputs).Activations;
        ImmutableArray<int>? common = CommonPermutation(editor, node, activations);
        if (common is not { } permutation || op.Permuted(permutation, inputs) is not { } permuted)
        {
            return;
        }

        string[] sources = [.. node.Inputs];
        foreach (int i in activations.Where(i => i < sources.Length && sources[i].Length > 0))
        {
            sources[i] = Untransposed(editor, sources[i], permutation);
        }

        var replacement = new Node(node.Name, permuted, [.. sources], [.. node.Outputs.Select(o => editor.FreshName(o + "/sunk"))]);
        TensorType[] types = permuted.InferOutputs(editor.InputsOf(replacement));
        for (int i = 0; i < replacement.Outputs.Length; i++)
        {
            editor.AddTensor(new TensorSpec(replacement.Outputs[i], types[i].Type, types[i].Shape));
        }

        editor.ReplaceNode(node, replacement);
        foreach ((string output, string sunk) in node.Outputs.Zip(replacement.Outputs))
        {
            editor.AddNode(output + "/transpose", new TransposeOp(permutation), [sunk], [output]);
            if (!editor.Outputs.Contains(output))
            {
                // The name that the user knows stays with the computation.
                editor.SwapNames(output, sunk);
            }
        }
    }

    /// <summary>The permutation that all activations went through; null where they differ or one went through none.</summary>
    private static ImmutableArray<int>? CommonPermutation(GraphEditor editor, Node node, ImmutableArray<int> activations)
    {
        ImmutableArray<int>? common = null;
        foreach (string input in activations.Where(i => i < node.Inputs.Length).Select(i => node.Inputs[i]).Where(i => i.Length > 0))
        {
            if (editor[input].IsConstant || editor[input].Shape.Count == 1)
            {
                continue;
            }

            if (editor.Producer(input) is not { Op: TransposeOp transpose } || (common is { } p && !p.SequenceEqual(transpose.Permutation)))
            {
                return null;
            }

            common = transpose.Permutation;
        }

        return common is { } found && activations.All(i => i >= node.Inputs.Length || node.Inputs[i].Length == 0 || editor[node.Inputs[i]].Shape.Rank <= found.Length) ? found : null;
    }

    private static string Untransposed(GraphEditor editor, string input, ImmutableArray<int> permutation)
    {
        TensorSpec spec = editor[input];
        if (spec.Constant is not { } value)
        {
            // A tensor of one element is its own transpose.
            return editor.Producer(input) is { Op: TransposeOp } producer ? producer.Inputs[0] : input;
        }

        if (value.Count == 1)
        {
            return input;
        }

        var full = new int[permutation.Length];
        full.AsSpan().Fill(1);
        value.Shape.AsSpan().CopyTo(full.AsSpan(full.Length - value.Shape.Rank));
        return editor.AddConstant(input, value.Reshape(new Shape(full)).Transpose(PassEdits.Inverse(permutation).AsSpan()));
    }
}
