namespace SgsIpu.Kernels.Recurrent;

/// <summary>
/// An activation of a recurrent layer in integers: values are <see cref="Fixed20"/>. Curves are read from a table of 2049 entries over
/// [−16, 16] with straight lines between, which go on beyond; what is made of straight lines and quotients is computed.
/// </summary>
public sealed class GateFunction
{
    /// <summary>Entries of a table.</summary>
    public const int Entries = 2049;

    // An entry for each 2^-6, that is each 2^14 units.
    private const int SegmentBits = 14;
    private const int Last = (Entries - 1) / 2;

    private readonly GateActivation _kind;
    private readonly int _alpha;
    private readonly int _beta;
    private readonly int[] _table;

    /// <param name="table">The curve's entries; empty for what is computed.</param>
    public GateFunction(GateActivation kind, double alpha, double beta, ReadOnlySpan<int> table)
    {
        if (IsCurve(kind) && table.Length != Entries)
        {
            throw new ArgumentException($"{kind} is read from a table of {Entries} entries, found {table.Length}", nameof(table));
        }

        _kind = kind;
        _alpha = Fixed20.Of(alpha);
        _beta = Fixed20.Of(beta);
        _table = table.ToArray();
    }

    /// <summary>True for what is read from a table.</summary>
    public static bool IsCurve(GateActivation kind) =>
        kind is GateActivation.Sigmoid or GateActivation.Tanh or GateActivation.ScaledTanh or GateActivation.Elu or GateActivation.Softplus;

    /// <summary>The table of a curve, made in double precision once, when a model is quantized.</summary>
    public static int[] Table(GateActivation kind, double alpha, double beta)
    {
        var table = new int[Entries];
        for (int i = 0; i < Entries && IsCurve(kind); i++)
        {
            double x = (i - Last) / (double)(1 << (Fixed20.Bits - SegmentBits));
            table[i] = Fixed20.Of(kind switch
            {
                GateActivation.Sigmoid => 1 / (1 + Math.Exp(-x)),
                GateActivation.Tanh => Math.Tanh(x),
                GateActivation.ScaledTanh => alpha * Math.Tanh(beta * x),
                GateActivation.Elu => x < 0 ? alpha * (Math.Exp(x) - 1) : x,
                _ => x > 0 ? x + Math.Log(1 + Math.Exp(-x)) : Math.Log(1 + Math.Exp(x)),
            });
        }

        return table;
    }

    public int Apply(int x) => _kind switch
    {
        GateActivation.Relu => Math.Max(x, 0),
        GateActivation.LeakyRelu => x < 0 ? Fixed20.Multiply(x, _alpha) : x,
        GateActivation.ThresholdedRelu => x > _alpha ? x : 0,
        GateActivation.Affine => Fixed20.Saturate((long)Fixed20.Multiply(x, _alpha) + _beta),
        GateActivation.HardSigmoid => (int)Math.Clamp((long)Fixed20.Multiply(x, _alpha) + _beta, 0, Fixed20.One),
        GateActivation.Softsign => (int)(((long)x << Fixed20.Bits) / (Fixed20.One + Math.Abs((long)x))),
        _ => Read(x),
    };

    private int Read(int x)
    {
        int segment = Math.Clamp(x >> SegmentBits, -Last, Last - 1);
        long left = _table[segment + Last];
        long right = _table[segment + Last + 1];
        long along = x - ((long)segment << SegmentBits);
        return Fixed20.Saturate(((left << SegmentBits) + ((right - left) * along) + (1 << (SegmentBits - 1))) >> SegmentBits);
    }
}
