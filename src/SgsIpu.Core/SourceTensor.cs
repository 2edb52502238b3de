using System.Collections.Immutable;

namespace SgsIpu.Core;

/// <summary>An input or output as the framework's file declares it. A dimension that is not fixed is −1; an unknown rank is default.</summary>
public sealed record SourceTensor(string Name, DataType Type, ImmutableArray<int> Dimensions)
{
    public bool IsStatic => !Dimensions.IsDefault && Dimensions.All(d => d >= 0);
}
