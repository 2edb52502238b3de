using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Kernels.Elementwise;

/// <summary>
/// Two straight lines through the origin, then limits: rescaling, Clip, ReLU, LeakyReLU, Abs and Neg in integers. Within 0.51 of the true
/// value in units of the output.
/// </summary>
/// <param name="input">UINT8 or INT16.</param>
/// <param name="zeroX">The integer of the input that stands for 0.</param>
/// <param name="output">UINT8 or INT16.</param>
/// <param name="range">Zero point of the output, and the limits.</param>
/// <param name="above">Factor of non-negative values.</param>
/// <param name="below">Factor of negative values.</param>
public sealed class SlopeKernel(DataType input, int zeroX, DataType output, IntegerRange range, LinearScale above, LinearScale below, KernelForm form) : ElementMap
{
    private readonly KernelForm _form = above.FitsLanes && below.FitsLanes ? form : KernelForm.Scalar;

    protected override (int X, int Y) Sizes => (input == DataType.UInt8 ? 1 : 2, output == DataType.UInt8 ? 1 : 2);

    protected override void Map(ReadOnlySpan<byte> x, Span<byte> y, int first)
    {
        if (input == DataType.UInt8)
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
        if (output == DataType.UInt8)
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
            int centred = int.CreateTruncating(x[i]) - zeroX;
            y[i] = TY.CreateTruncating(range.Place((centred < 0 ? below : above).Apply(centred, 0)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private int Vectors<TX, TY, TLanes>(ReadOnlySpan<TX> x, Span<TY> y)
        where TX : unmanaged, IBinaryInteger<TX>
        where TY : unmanaged, IBinaryInteger<TY>
        where TLanes : struct, ILanes<TLanes>
    {
        LinearScale upper = above;
        LinearScale lower = below;
        bool straight = upper == lower;
        TLanes origin = TLanes.All(zeroX);
        TLanes low = TLanes.All(range.Low - range.Zero);
        TLanes high = TLanes.All(range.High - range.Zero);
        TLanes zero = TLanes.All(range.Zero);
        ref TX firstX = ref MemoryMarshal.GetReference(x);
        ref TY firstY = ref MemoryMarshal.GetReference(y);
        int end = y.Length - TLanes.Count;
        int i = 0;
        for (; i <= end; i += TLanes.Count)
        {
            TLanes centred = TLanes.Load(ref firstX, (nuint)i) - origin;
            TLanes value = upper.Apply(centred);
            if (!straight)
            {
                value = TLanes.Select(centred, lower.Apply(centred), value);
            }

            TLanes.Store(TLanes.Min(TLanes.Max(value, low), high) + zero, ref firstY, (nuint)i);
        }

        return i;
    }
}
