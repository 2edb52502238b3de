using System.Collections;
using System.Collections.Immutable;
using System.Globalization;

namespace SgsIpu.Core;

/// <summary>The sizes of a tensor's dimensions, outermost first. Immutable, compared by value; a scalar has rank 0.</summary>
public readonly struct Shape : IEquatable<Shape>, IReadOnlyList<int>
{
    private readonly ImmutableArray<int> _dimensions;

    public Shape(params ReadOnlySpan<int> dimensions)
    {
        foreach (int d in dimensions)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(d);
        }

        _dimensions = [.. dimensions];
    }

    public static Shape Scalar => default;

    public ImmutableArray<int> Dimensions => _dimensions.IsDefault ? [] : _dimensions;

    public int Rank => Dimensions.Length;

    int IReadOnlyCollection<int>.Count => Rank;

    /// <summary>Number of elements: 1 for a scalar, 0 if a dimension is 0.</summary>
    public long Count
    {
        get
        {
            long n = 1;
            foreach (int d in Dimensions)
            {
                n = checked(n * d);
            }

            return n;
        }
    }

    /// <summary>The size of one dimension; negative axes count from the end, <c>shape[-1]</c> is the innermost.</summary>
    public int this[int axis] => Dimensions[axis < 0 ? axis + Rank : axis];

    /// <summary>Maps an axis in [-rank, rank) to [0, rank).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The axis is outside that range.</exception>
    public int Axis(int axis)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(axis, -Rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(axis, Rank);
        return axis < 0 ? axis + Rank : axis;
    }

    /// <summary>The runs along a dimension: how many dimensions before it start, elements of one, and the step between these.</summary>
    /// <exception cref="OverflowException">A number is beyond INT32.</exception>
    public (int Outer, int Length, int Inner) Around(int axis) =>
        (checked((int)new Shape(AsSpan()[..axis]).Count), this[axis], checked((int)new Shape(AsSpan()[(axis + 1)..]).Count));

    /// <summary>Row-major strides in elements.</summary>
    public int[] Strides()
    {
        var strides = new int[Rank];
        int step = 1;
        for (int i = Rank - 1; i >= 0; i--)
        {
            strides[i] = step;
            step *= Dimensions[i];
        }

        return strides;
    }

    public Shape With(int axis, int size) => new(Dimensions.SetItem(Axis(axis), size).AsSpan());

    /// <summary>The shape after a transpose: dimension <c>i</c> of the result is dimension <c>permutation[i]</c> of this one.</summary>
    public Shape Permute(ReadOnlySpan<int> permutation)
    {
        var result = new int[permutation.Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Dimensions[permutation[i]];
        }

        return new Shape(result);
    }

    /// <summary>The common shape of two operands under NumPy broadcasting, or null where they do not broadcast.</summary>
    public static Shape? Broadcast(Shape a, Shape b)
    {
        int rank = Math.Max(a.Rank, b.Rank);
        var result = new int[rank];
        for (int i = 1; i <= rank; i++)
        {
            int x = i <= a.Rank ? a[-i] : 1;
            int y = i <= b.Rank ? b[-i] : 1;
            if (x != y && x != 1 && y != 1)
            {
                return null;
            }

            result[^i] = x == 1 ? y : x;
        }

        return new Shape(result);
    }

    public bool Equals(Shape other) => Dimensions.AsSpan().SequenceEqual(other.Dimensions.AsSpan());

    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (int d in Dimensions)
        {
            hash.Add(d);
        }

        return hash.ToHashCode();
    }

    public ReadOnlySpan<int> AsSpan() => Dimensions.AsSpan();

    public int[] ToArray() => [.. Dimensions];

    public override string ToString() =>
        "[" + string.Join(", ", Dimensions.Select(d => d.ToString(CultureInfo.InvariantCulture))) + "]";

    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)Dimensions).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);
}
