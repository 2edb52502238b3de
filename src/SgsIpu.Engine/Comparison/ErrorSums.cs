using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SgsIpu.Engine.Comparison;

/// <summary>Adds up the distance of values from a reference.</summary>
/// <param name="low">Values below count as this one.</param>
/// <param name="high">Values above count as this one.</param>
internal sealed class ErrorSums(double low, double high)
{
    /// <summary>Sums of each lane of a vector, of the same elements on every machine.</summary>
    private Vector512<double> _signal;
    private Vector512<double> _other;
    private Vector512<double> _product;
    private Vector512<double> _noise;
    private Vector512<double> _largest;

    public TensorError Result
    {
        get
        {
            (double signal, double other, double noise) = (Vector512.Sum(_signal), Vector512.Sum(_other), Vector512.Sum(_noise));
            return new TensorError(
                signal > 0 && other > 0 ? Vector512.Sum(_product) / Math.Sqrt(signal * other) : signal == other ? 1 : 0,
                noise > 0 ? 10 * Math.Log10(signal / noise) : double.PositiveInfinity,
                Enumerable.Range(0, Vector512<double>.Count).Max(i => _largest[i]));
        }
    }

    /// <summary>Adds what others added up.</summary>
    public void Add(ErrorSums sums)
    {
        _signal += sums._signal;
        _other += sums._other;
        _product += sums._product;
        _noise += sums._noise;
        _largest = Vector512.Max(_largest, sums._largest);
    }

    /// <summary>Adds all elements of a tensor.</summary>
    public void Add(ReadOnlySpan<float> reference, RealMapping mapping, ReadOnlySpan<byte> values)
    {
        float[] rented = ArrayPool<float>.Shared.Rent(mapping.RowLength);
        for (int at = 0; at < reference.Length; at += mapping.RowLength)
        {
            Span<float> row = rented.AsSpan(0, Math.Min(mapping.RowLength, reference.Length - at));
            mapping.ReadRow(values.Slice(at * mapping.ElementSize, row.Length * mapping.ElementSize), row);
            Add(reference.Slice(at, row.Length), row);
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add(ReadOnlySpan<float> reference, ReadOnlySpan<float> values)
    {
        int i = 0;
        for (; i <= reference.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            (Vector512<double> x, Vector512<double> x2) = Vector512.Widen(Vector512.Create(reference[i..]));
            (Vector512<double> y, Vector512<double> y2) = Vector512.Widen(Vector512.Create(values[i..]));
            Add(Clamp(x), Clamp(y));
            Add(Clamp(x2), Clamp(y2));
        }

        for (; i < reference.Length; i++)
        {
            Add(Vector512.CreateScalar(Math.Clamp(reference[i], low, high)), Vector512.CreateScalar(Math.Clamp(values[i], low, high)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<double> Clamp(Vector512<double> values) => Vector512.Min(Vector512.Max(values, Vector512.Create(low)), Vector512.Create(high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Add(Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> distance = y - x;
        _signal += x * x;
        _other += y * y;
        _product += x * y;
        _noise += distance * distance;
        _largest = Vector512.Max(_largest, Vector512.Abs(distance));
    }
}
