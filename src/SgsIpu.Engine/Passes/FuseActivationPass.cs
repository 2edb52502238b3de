using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Passes;

/// <summary>Lets a convolution do the ReLU or clip that follows it.</summary>
internal sealed class FuseActivationPass : IPass
{
    public void Run(GraphEditor editor)
    {
        editor.Sort();
        foreach (Node clip in editor.Nodes.Where(n => n.Op is ClipOp))
        {
            string input = clip.Inputs[0];
            if (!editor.HasSingleUse(input) || editor.Producer(input) is not { } producer || FusedActivation.Of(producer.Op) is not { } present)
            {
                continue;
            }

            var op = (ClipOp)clip.Op;
            float min = Math.Clamp(present.Min, op.Min, op.Max);
            float max = Math.Clamp(present.Max, op.Min, op.Max);
            editor.ReplaceNode(producer, producer with { Op = FusedActivation.With(producer.Op, min, max) });
            editor.ReplaceUses(clip.Outputs[0], input);
            editor.RemoveNode(clip);
            editor.SwapNames(clip.Outputs[0], input);
        }
    }
}
