using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Engine.Importing;

/// <summary>Every input gets one shape: the user's, the file's, and 1 for a batch that is open.</summary>
internal static class InputShapeResolver
{
    /// <exception cref="IpuException">
    /// A dimension is open and not given (id <c>InputShapeUnknown</c>), or a given shape contradicts the file (<c>InputShapeMismatch</c>).
    /// </exception>
    public static Shape Resolve(SourceGraph source, SourceTensor input, IReadOnlyDictionary<string, ImmutableArray<int>> given)
    {
        string file = Path.GetFileName(source.Path);
        if (given.Keys.FirstOrDefault(k => source.Inputs.All(i => i.Name != k)) is { } unknown)
        {
            throw new IpuException(
                "InputShapeName", $"{file} has no input '{unknown}'; its inputs are {string.Join(", ", source.Inputs.Select(i => i.Name))}", IpuErrorKind.InvalidArgument)
            { Target = unknown };
        }

        ImmutableArray<int> declared = input.Dimensions;
        if (given.TryGetValue(input.Name, out ImmutableArray<int> shape))
        {
            // What a Caffe file declares is where its blobs start; they take any size.
            bool free = source.Framework == Framework.Caffe;
            bool fits = declared.IsDefault || (declared.Length == shape.Length && declared.Zip(shape).All(p => free || p.First < 0 || p.First == p.Second));
            return fits && shape.All(d => d > 0)
                ? new Shape(shape.AsSpan())
                : throw new IpuException("InputShapeMismatch", $"{file}: input '{input.Name}' is declared {Text(declared)}; the given shape {Text(shape)} does not fit it", IpuErrorKind.InvalidArgument) { Target = input.Name };
        }

        if (declared.IsDefault)
        {
            throw Unknown(file, input, "any rank");
        }

        ImmutableArray<int> batched = declared.Length > 1 && declared[0] < 0 ? declared.SetItem(0, 1) : declared;
        return batched.All(d => d > 0) ? new Shape(batched.AsSpan()) : throw Unknown(file, input, Text(declared));
    }

    private static IpuException Unknown(string file, SourceTensor input, string declared) => new(
        "InputShapeUnknown",
        $"{file}: the size of input '{input.Name}' is open (declared {declared}); say it with -InputShapes @{{ '{input.Name}' = 1,3,224,224 }}, in the framework's dimension order",
        IpuErrorKind.InvalidArgument)
    { Target = input.Name };

    private static string Text(ImmutableArray<int> dimensions) =>
        dimensions.IsDefault ? "?" : $"[{string.Join(", ", dimensions.Select(d => d < 0 ? "?" : $"{d}"))}]";
}
