using SgsIpu.Core;

namespace SgsIpu.Engine.Passes;

/// <summary>Runs passes in order and verifies the graph after each; nothing else does.</summary>
internal static class PassRunner
{
    /// <exception cref="IpuException">A pass broke the graph (id <c>PassFailed</c>, which names it).</exception>
    public static Graph Run(Graph graph, IEnumerable<IPass> passes, CancellationToken cancellationToken)
    {
        GraphVerifier.Verify(graph);
        foreach (IPass pass in passes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            GraphEditor editor = graph.Edit();
            pass.Run(editor);
            editor.RemoveDead();
            Graph result = editor.ToGraph();
            try
            {
                GraphVerifier.Verify(result);
            }
            catch (IpuException e)
            {
                throw new IpuException("PassFailed", $"{pass.GetType().Name} broke the graph '{graph.Name}': {e.Message}", IpuErrorKind.Internal, e) { Target = e.Target };
            }

            graph = result;
        }

        return graph;
    }
}
