using Google.Protobuf.Collections;
using SgsIpu.Core;
using SgsIpu.Frontends.Onnx.Proto;
using Node = SgsIpu.Frontends.Onnx.Proto.Node;

namespace SgsIpu.Frontends.Onnx;

/// <summary>Replaces calls of model-local functions by their bodies.</summary>
internal static class FunctionInliner
{
    private const int MaxDepth = 16;

    /// <summary>Bodies that call bodies grow exponentially in a hostile file.</summary>
    private const int MaxNodes = 1_000_000;

    /// <exception cref="IpuException">Functions call each other without end, or the result is too large (id <c>OnnxFunction</c>).</exception>
    public static void Inline(Model model, string path)
    {
        if (model.Functions.Count == 0)
        {
            return;
        }

        var functions = new Dictionary<(string, string, string), Function>();
        foreach (Function function in model.Functions)
        {
            functions[(function.Domain, function.Name, function.Overload)] = function;
        }

        for (int depth = 0; model.Graph.Node.Any(n => functions.ContainsKey(KeyOf(n))); depth++)
        {
            if (depth == MaxDepth)
            {
                throw new IpuException("OnnxFunction", $"'{path}': functions call each other more than {MaxDepth} deep") { Target = path };
            }

            var nodes = new List<Node>();
            foreach (Node node in model.Graph.Node)
            {
                nodes.AddRange(functions.TryGetValue(KeyOf(node), out Function? function) ? Body(node, function, nodes.Count) : [node]);
                if (nodes.Count > MaxNodes)
                {
                    throw new IpuException("OnnxFunction", $"'{path}': with its functions inlined the model has more than {MaxNodes} nodes") { Target = path };
                }
            }

            model.Graph.Node.Clear();
            model.Graph.Node.AddRange(nodes);
        }
    }

    private static (string, string, string) KeyOf(Node node) => (node.Domain, node.OpType, node.Overload);

    private static IEnumerable<Node> Body(Node call, Function function, int position)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < function.Input.Count; i++)
        {
            names[function.Input[i]] = i < call.Input.Count ? call.Input[i] : "";
        }

        for (int i = 0; i < function.Output.Count && i < call.Output.Count; i++)
        {
            names[function.Output[i]] = call.Output[i];
        }

        string prefix = (call.Name.Length > 0 ? call.Name : $"{call.OpType}_{position}") + "/";
        foreach (Node inner in function.Node)
        {
            Node copy = inner.Clone();
            copy.Name = prefix + inner.Name;
            Rename(copy.Input);
            Rename(copy.Output);
            Resolve(copy.Attribute, call, function);
            yield return copy;
        }

        void Rename(RepeatedField<string> list)
        {
            for (int i = 0; i < list.Count; i++)
            {
                if (list[i].Length > 0)
                {
                    list[i] = names.TryGetValue(list[i], out string? outer) ? outer : prefix + list[i];
                }
            }
        }
    }

    /// <summary>Attributes that refer to the function's own take the call's value, or the function's default, or are absent.</summary>
    private static void Resolve(RepeatedField<Proto.Attribute> attributes, Node call, Function function)
    {
        foreach (Proto.Attribute reference in attributes.Where(a => a.RefAttrName.Length > 0).ToArray())
        {
            attributes.Remove(reference);
            Proto.Attribute? value = call.Attribute.FirstOrDefault(a => a.Name == reference.RefAttrName)
                ?? function.AttributeDefault.FirstOrDefault(a => a.Name == reference.RefAttrName);
            if (value is not null)
            {
                Proto.Attribute copy = value.Clone();
                copy.Name = reference.Name;
                attributes.Add(copy);
            }
        }
    }
}
