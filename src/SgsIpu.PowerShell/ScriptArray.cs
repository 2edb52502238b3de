using System.Collections;
using System.Collections.ObjectModel;
using System.Management.Automation;
using SgsIpu.Core;

namespace SgsIpu.PowerShell;

/// <summary>Arrays that scripts hand over as tensors.</summary>
internal static class ScriptArray
{
    private const int Deepest = 16;

    /// <summary>The tensor of a tensor, an <see cref="IpuTensor"/>, a number, or an array of numbers: flat, of any rank, or of arrays.</summary>
    /// <exception cref="IpuException">It is something else (id <c>ArrayType</c>).</exception>
    public static Tensor ToTensor(object? value) => value switch
    {
        PSObject wrapped => ToTensor(wrapped.BaseObject),
        Tensor tensor => tensor,
        IpuTensor named => named.Value,
        Collection<PSObject> { Count: 1 } one => ToTensor(one[0]),
        Array { Rank: 1 } flat when Typed(flat) is { } tensor => tensor,
        Array { Rank: > 1 } a => OfArray(a),
        string => throw Unknown(value),
        IEnumerable list => OfLists(list),
        IConvertible number => OfLists(new[] { number }).Reshape(Shape.Scalar),
        _ => throw Unknown(value),
    };

    /// <summary>The elements of an array in their own type; null where that is none of a tensor.</summary>
    private static Tensor? Typed(Array array) => array switch
    {
        _ when array.GetType().GetElementType() == typeof(sbyte) => Tensor.FromArray<sbyte>((sbyte[])array, array.Length),
        _ when array.GetType().GetElementType() == typeof(ushort) => Tensor.FromArray<ushort>((ushort[])array, array.Length),
        byte[] a => Tensor.FromArray<byte>(a, a.Length),
        float[] a => Tensor.FromArray<float>(a, a.Length),
        double[] a => Tensor.FromArray<double>(a, a.Length),
        short[] a => Tensor.FromArray<short>(a, a.Length),
        int[] a when array.GetType().GetElementType() == typeof(int) => Tensor.FromArray<int>(a, a.Length),
        long[] a when array.GetType().GetElementType() == typeof(long) => Tensor.FromArray<long>(a, a.Length),
        bool[] a => Tensor.FromArray<bool>(a, a.Length),
        _ => null,
    };

    private static Tensor OfArray(Array array)
    {
        var shape = new Shape([.. Enumerable.Range(0, array.Rank).Select(array.GetLength)]);
        var flat = Array.CreateInstance(array.GetType().GetElementType()!, array.Length);
        int i = 0;
        foreach (object? value in array)
        {
            flat.SetValue(value, i++);
        }

        return (Typed(flat) ?? OfLists(flat)).Reshape(shape);
    }

    /// <summary>Numbers, or lists of them of one length: whole numbers alone give whole numbers.</summary>
    private static Tensor OfLists(IEnumerable list)
    {
        var shape = new List<int>();
        var values = new List<double>();
        bool whole = true;
        Flatten(list, 0);
        return whole && values.All(v => Math.Abs(v) <= 1L << 53)
            ? Tensor.FromArray<long>([.. values.Select(v => (long)v)], new Shape([.. shape]))
            : Tensor.FromArray<float>([.. values.Select(v => (float)v)], new Shape([.. shape]));

        void Flatten(IEnumerable part, int depth)
        {
            object?[] items = [.. part.Cast<object?>().Select(v => v is PSObject wrapped ? wrapped.BaseObject : v)];
            if (depth == shape.Count && values.Count == 0 && depth < Deepest)
            {
                shape.Add(items.Length);
            }

            if (depth >= shape.Count || shape[depth] != items.Length)
            {
                throw new IpuException("ArrayType", "an array of numbers is needed, found lists of different lengths", IpuErrorKind.InvalidArgument);
            }

            foreach (object? item in items)
            {
                if (item is IEnumerable inner and not string)
                {
                    Flatten(inner, depth + 1);
                    continue;
                }

                if (depth + 1 != shape.Count || !LanguagePrimitives.TryConvertTo(item, System.Globalization.CultureInfo.InvariantCulture, out double number) || item is null)
                {
                    throw Unknown(item);
                }

                whole &= item is sbyte or byte or short or ushort or int or uint or long or bool;
                values.Add(number);
            }
        }
    }

    private static IpuException Unknown(object? value) =>
        new("ArrayType", $"an array of numbers or a tensor is needed, found {(value is string text ? $"the text '{text}'" : value?.GetType().Name ?? "nothing")}", IpuErrorKind.InvalidArgument);
}
