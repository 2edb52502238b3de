using System.Collections;
using System.Collections.Immutable;
using System.Management.Automation;

namespace SgsIpu.PowerShell;

/// <summary>
/// Shapes of inputs as users write them: by name, @{ x = 1, 3, 224, 224 }; or in the order of the inputs, as the vendor's converter has them,
/// 1,299,299,3 or '1,299,299,3:1,8'.
/// </summary>
internal static class ShapeTable
{
    /// <summary>The shapes by name.</summary>
    /// <exception cref="PSInvalidCastException">A value is no list of whole numbers.</exception>
    public static ImmutableDictionary<string, ImmutableArray<int>> Named(object? shapes) => Plain(shapes) is IDictionary table
        ? table.Cast<DictionaryEntry>().ToImmutableDictionary(
            e => LanguagePrimitives.ConvertTo<string>(e.Key),
            e => LanguagePrimitives.ConvertTo<int[]>(e.Value).ToImmutableArray())
        : ImmutableDictionary<string, ImmutableArray<int>>.Empty;

    /// <summary>The shapes in the order of the inputs.</summary>
    /// <exception cref="PSInvalidCastException">A part is no list of whole numbers.</exception>
    public static ImmutableArray<ImmutableArray<int>> InOrder(object? shapes)
    {
        object? plain = Plain(shapes);
        if (plain is null or IDictionary)
        {
            return [];
        }

        // 1,299,299,3:1,8 without quotes arrives in pieces.
        string text = plain is string one ? one : string.Join(',', LanguagePrimitives.ConvertTo<string[]>(plain));
        return [.. text.Split(':').Select(s => LanguagePrimitives.ConvertTo<int[]>(s.Split(',')).ToImmutableArray())];
    }

    private static object? Plain(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
