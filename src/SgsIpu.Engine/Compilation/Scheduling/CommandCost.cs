using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Compilation.Scheduling;

/// <summary>The work of one node on a chip, before it is known where its tensors are.</summary>
/// <param name="Macs">Multiply-accumulates; 0 for operators without any.</param>
/// <param name="ComputeCycles">Cycles of arithmetic and of the memory on the chip, whichever is longer.</param>
/// <param name="SramBytes">Bytes that pass through the memory on the chip.</param>
/// <param name="Free">True where the output is the input's bytes, so that nothing runs.</param>
internal readonly record struct CommandCost(long Macs, double ComputeCycles, long SramBytes, bool Free)
{
    /// <summary>The accelerator works on 16 channels at a time.</summary>
    private const int ChannelBlock = 16;

    public static CommandCost Of(Graph graph, Node node, SocFigures soc)
    {
        var op = (IpuOperator)node.Op;
        TensorSpec?[] inputs = graph.InputsOf(node);
        TensorSpec[] outputs = graph.OutputsOf(node);
        if (op.Views(inputs, outputs).Any())
        {
            return new CommandCost(0, 0, 0, true);
        }

        OperatorCost work = op.Cost(inputs, outputs);
        long bytes = work.ReadBytes + work.WrittenBytes;
        double arithmetic = work.Macs > 0
            ? work.Macs * Padding(op, inputs) / Rate(op, inputs, soc)
            : outputs.Sum(o => o.Shape.Count) / soc.ElementsPerCycle.Value;
        return new CommandCost(work.Macs, Math.Max(arithmetic, bytes / soc.SramBytesPerCycle.Value), bytes, false);
    }

    /// <summary>Multiply-accumulates a cycle at best.</summary>
    public static double Rate(IpuOperator op, IReadOnlyList<TensorSpec?> inputs, SocFigures soc)
    {
        bool wide = inputs[0]!.Type == DataType.Int16;
        if (op is DepthwiseConv2DOp)
        {
            return soc.DepthwiseMacsPerCycle.Value / (wide ? 2 : 1);
        }

        return wide ? soc.Macs16PerCycle.Value : inputs.Count > 1 && inputs[1]?.Type.Bits() == 4 ? soc.Macs4PerCycle.Value : soc.Macs8PerCycle.Value;
    }

    /// <summary>The work with channels rounded up to whole blocks over the work without.</summary>
    private static double Padding(IpuOperator op, IReadOnlyList<TensorSpec?> inputs)
    {
        if (inputs.Count < 2 || inputs[1] is not { IsConstant: true } weights)
        {
            return 1;
        }

        double into = Rounded(weights.Shape[-1]);
        return op is DepthwiseConv2DOp ? into : into * Rounded(weights.Shape[0]);
    }

    private static double Rounded(int channels) => Math.Ceiling(channels / (double)ChannelBlock) * ChannelBlock / Math.Max(1, channels);
}
