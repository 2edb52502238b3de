using System.Numerics;
using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>
/// Two straight lines through the origin, then limits: rescaling, Clip, ReLU, LeakyReLU, Abs and Neg in integers. Within 0.51 of the true
/// value in units of the output.
/// </summary>
/// <param name="Input">UINT8 or INT16.</param>
/// <param name="ZeroX">The integer of the input that stands for 0.</param>
/// <param name="Output">UINT8 or INT16.</param>
/// <param name="Range">Zero point of the output, and the limits.</param>
/// <param name="Above">Factor of non-negative values.</param>
/// <param name="Below">Factor of negative values.</param>
public sealed record SlopeKernel(DataType Input, int ZeroX, DataType Output, IntegerRange Range, LinearScale Above, LinearScale Below, KernelForm Form)
{
    private readonly KernelForm _form = Above.FitsLanes && Below.FitsLanes ? Form : KernelForm.Scalar;

    public void Run(ReadOnlySpan<byte> x, Span<byte> y)
    {
        if (Input == DataType.UInt8)
        {
            Run<byte>(x, y);
        }
        else
        {
            Run<short>(MemoryMarshal.Cast<byte, short>(x), y);
        }
    }

    private void Run<TX>(ReadOnlySpan<TX> x, Span<byte> y)
        where TX : unmanaged, IBinaryInteger<TX>
    {
        if (Output == DataType.UInt8)
        {
            Run<TX, byte>(x, y);
        }
        else
        {
            Run(x, MemoryMarshal.Cast<byte, short>(y));
        }
    }

    private void Run<TX, TY>(ReadOnlySpan<TX> x, Span<TY> y)
        where TX : unmanaged, IBinaryInteger<TX>
        where TY : unmanaged, IBinaryInteger<TY>
    {
        int done = _form switch
        {
            KernelForm.V512 => Vectors<TX, TY, Lanes512>(x, y),
            KernelForm.V256 => Vectors<TX, TY, Lanes256>(x, y),
            KernelForm.V128 => Vectors<TX, TY, Lanes128>(x, y),
            _ => 0,
        };
        for (int i = done; i < y.Length; i++)
        {
            int centred = int.CreateTruncating(x[i]) - ZeroX;
            y[i] = TY.CreateTruncating(Range.Place((centred < 0 ? Below : Above).Apply(centred, 0)));
        }
    }

    private int Vectors<TX, TY, TLanes>(ReadOnlySpan<TX> x, Span<TY> y)
        where TX : unmanaged, IBinaryInteger<TX>
        where TY : unmanaged, IBinaryInteger<TY>
        where TLanes : struct, ILanes<TLanes>
    {
        LinearScale above = Above;
        LinearScale below = Below;
        bool straight = above == below;
        TLanes zeroX = TLanes.All(ZeroX);
        TLanes low = TLanes.All(Range.Low - Range.Zero);
        TLanes high = TLanes.All(Range.High - Range.Zero);
        TLanes zero = TLanes.All(Range.Zero);
        ref TX firstX = ref MemoryMarshal.GetReference(x);
        ref TY firstY = ref MemoryMarshal.GetReference(y);
        int end = y.Length - TLanes.Count;
        int i = 0;
        for (; i <= end; i += TLanes.Count)
        {
            TLanes centred = TLanes.Load(ref firstX, (nuint)i) - zeroX;
            TLanes value = above.Apply(centred);
            if (!straight)
            {
                value = TLanes.Select(centred, below.Apply(centred), value);
            }

            TLanes.Store(TLanes.Min(TLanes.Max(value, low), high) + zero, ref firstY, (nuint)i);
        }

        return i;
    }
}
