using System.Collections;
using System.Collections.ObjectModel;
using System.Management.Automation;
using SgsIpu.Core;

namespace SgsIpu.PowerShell;

/// <summary>Arrays that scripts hand over as tensors.</summary>
internal static class ScriptArray
{
    /// <summary>The tensor of a tensor, an <see cref="IpuTensor"/>, or an array of numbers of any rank.</summary>
    /// <exception cref="IpuException">It is something else (id <c>ArrayType</c>).</exception>
    public static Tensor ToTensor(object? value) => value switch
    {
        PSObject wrapped => ToTensor(wrapped.BaseObject),
        Tensor tensor => tensor,
        IpuTensor named => named.Value,
        Collection<PSObject> { Count: 1 } one => ToTensor(one[0]),
        byte[] a => Tensor.FromArray<byte>(a, a.Length),
        float[] a => Tensor.FromArray<float>(a, a.Length),
        short[] a => Tensor.FromArray<short>(a, a.Length),
        Array { Rank: > 1 } a => OfArray(a),
        IEnumerable list => OfList(list),
        _ => throw Unknown(value),
    };

    private static Tensor OfArray(Array array)
    {
        var shape = new Shape([.. Enumerable.Range(0, array.Rank).Select(array.GetLength)]);
        return array switch
        {
            _ when array.GetType().GetElementType() == typeof(byte) => Tensor.FromArray<byte>([.. array.Cast<byte>()], shape),
            _ when array.GetType().GetElementType() == typeof(float) => Tensor.FromArray<float>([.. array.Cast<float>()], shape),
            _ => OfList(array).Reshape(shape),
        };
    }

    private static Tensor OfList(IEnumerable list)
    {
        try
        {
            float[] values = [.. list.Cast<object>().Select(v => LanguagePrimitives.ConvertTo<float>(v))];
            return Tensor.FromArray<float>(values, values.Length);
        }
        catch (PSInvalidCastException e)
        {
            throw new IpuException("ArrayType", $"an array of numbers is needed: {e.Message}", IpuErrorKind.InvalidArgument, e);
        }
    }

    private static IpuException Unknown(object? value) =>
        new("ArrayType", $"an array of numbers or a tensor is needed, found {value?.GetType().Name ?? "nothing"}", IpuErrorKind.InvalidArgument);
}
