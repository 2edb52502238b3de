using System.Text;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>The help topic that says what every operator is called, how it runs and what limits it, made from the operators themselves.</summary>
public static class SupportTable
{
    private const int Width = 76;

    /// <summary>The text of <c>about_SgsIpu_Operators</c>.</summary>
    public static string Text()
    {
        var text = new StringBuilder();
        text.Append(
            """
            TOPIC
                about_SgsIpu_Operators

            SHORT DESCRIPTION
                The operators of models, how they run in fixed point, and their limits.

            LONG DESCRIPTION
                A node of a framework becomes one of the operators below, or several of
                them. Test-IpuModel says of each node of a model which limits it exceeds
                on a chip, and what the compiler does about it:

                    native      it runs as it is, but slower
                    converted   another operator computes the same
                    split       the work is done in parts within the limit
                    refused     the model cannot be compiled for the chip

                A tensor of rank 4 is an image in the order NHWC, whatever its framework's
                order. Tensors of other ranks stay in the order of the framework.


            """);
        text.AppendLine("OPERATORS").AppendLine();
        foreach (OpEntry entry in OpCatalog.Entries)
        {
            Append(text, entry);
        }

        text.AppendLine("OPERATORS OF FRAMEWORKS").AppendLine();
        foreach (Framework framework in Enum.GetValues<Framework>())
        {
            string[] names = [.. OpCatalog.OperatorsOf(framework)];
            if (names.Length > 0)
            {
                text.AppendLine($"    {framework} ({names.Length})");
                Wrap(text, string.Join(" ", names), "        ", "        ");
                text.AppendLine();
            }
        }

        return text.Replace("\r\n", "\n").ToString().TrimEnd() + "\n";
    }

    /// <summary>How an operator runs in fixed point, for inputs of real numbers.</summary>
    public static string FixedTypes(IpuOperator op)
    {
        ArgumentNullException.ThrowIfNull(op);
        var real = new TensorSpec("x", DataType.Float32, new Shape(1, 4, 4, 16));
        return op.Quantize([real, real, real, real, real, real, real, real]).Class switch
        {
            QuantClass.Convolution => "UINT8 with INT8 weights, INT16 with INT16 weights",
            QuantClass.Preserving => "UINT8, INT16",
            QuantClass.Index => "exact integers",
            QuantClass.PostProcessing => "INT16 with Float32 results, behind the integer part of a network",
            _ => "INT16",
        };
    }

    private static void Append(StringBuilder text, OpEntry entry)
    {
        IpuOperator op = OpCatalog.Usual(entry);
        text.AppendLine($"    {entry.Name}");
        foreach (IGrouping<Framework, ImportRule> rules in entry.Imports.GroupBy(r => r.Framework))
        {
            Wrap(text, $"{rules.Key}: {string.Join(", ", rules.Select(r => r.OpType).Order(StringComparer.Ordinal))}", "        ", "            ");
        }

        text.AppendLine($"        Runs as {FixedTypes(op)}.");
        foreach (Constraint limit in HardwareLimits.Of(op))
        {
            Wrap(text, $"- {limit.Text} ({limit.Remedy.ToString().ToLowerInvariant()})", "        ", "          ");
        }

        text.AppendLine();
    }

    private static void Wrap(StringBuilder text, string words, string first, string next)
    {
        string line = first;
        bool empty = true;
        foreach (string word in words.Split(' '))
        {
            if (!empty && line.Length + 1 + word.Length > Width)
            {
                text.AppendLine(line);
                line = next;
                empty = true;
            }

            line += empty ? word : " " + word;
            empty = false;
        }

        text.AppendLine(line);
    }
}
