using SgsIpu.Core;

namespace SgsIpu.Engine.Passes;

/// <summary>One rewriting of a graph.</summary>
internal interface IPass
{
    /// <summary>Edits until nothing is left to do. The runner cleans, sorts and verifies afterwards.</summary>
    void Run(GraphEditor editor);
}
