using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Passes;

/// <summary>Lets a convolution add the zeros around the image that a pad before it adds.</summary>
internal sealed class FoldPadIntoConvolutionPass : IPass
{
    public void Run(GraphEditor editor)
    {
        editor.Sort();
        foreach (Node pad in editor.Nodes.Where(n => n.Op is PadOp { Mode: PadMode.Constant, Value: 0, Before: [0, _, _, 0], After: [0, _, _, 0] }))
        {
            string output = pad.Outputs[0];
            IReadOnlyList<Node> readers = editor.Consumers(output);
            if (editor.Outputs.Contains(output) || !readers.All(r => r.Op is Conv2DOp or DepthwiseConv2DOp && r.Inputs[0] == output && r.Inputs.Count(i => i == output) == 1))
            {
                continue;
            }

            var op = (PadOp)pad.Op;
            foreach (Node reader in readers)
            {
                var convolution = (ImageConvolutionOp)reader.Op;
                ImageConvolutionOp padded = convolution with
                {
                    PadTop = convolution.PadTop + op.Before[1],
                    PadBottom = convolution.PadBottom + op.After[1],
                    PadLeft = convolution.PadLeft + op.Before[2],
                    PadRight = convolution.PadRight + op.After[2],
                };
                editor.ReplaceNode(reader, reader with { Op = padded, Inputs = reader.Inputs.SetItem(0, pad.Inputs[0]) });
            }
        }
    }
}
