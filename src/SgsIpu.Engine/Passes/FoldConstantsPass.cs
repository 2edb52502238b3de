using SgsIpu.Core;
using SgsIpu.Engine.Importing;

namespace SgsIpu.Engine.Passes;

/// <summary>Computes what depends on constants only.</summary>
internal sealed class FoldConstantsPass : IPass
{
    public void Run(GraphEditor editor)
    {
        editor.Sort();
        foreach (Node node in editor.Nodes)
        {
            if (!node.Outputs.Any(editor.Outputs.Contains))
            {
                ConstantFolder.TryFold(editor, node);
            }
        }
    }
}
