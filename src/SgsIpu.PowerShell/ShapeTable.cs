using System.Collections;
using System.Collections.Immutable;
using System.Management.Automation;

namespace SgsIpu.PowerShell;

/// <summary>Shapes of inputs as users write them: @{ x = 1, 3, 224, 224 }.</summary>
internal static class ShapeTable
{
    /// <exception cref="PSInvalidCastException">A value is no list of whole numbers.</exception>
    public static ImmutableDictionary<string, ImmutableArray<int>> Read(Hashtable shapes) =>
        shapes.Cast<DictionaryEntry>().ToImmutableDictionary(
            e => LanguagePrimitives.ConvertTo<string>(e.Key),
            e => LanguagePrimitives.ConvertTo<int[]>(e.Value).ToImmutableArray());
}
