using System.Runtime.InteropServices;

namespace SgsIpu.Kernels;

/// <summary>Tiles of INT16 pairs in machine code made at run time; see <see cref="VnniCode"/>.</summary>
internal readonly unsafe struct VnniPairKernel(VnniCode code) : ITileKernel
{
    private readonly delegate* unmanaged[SuppressGCTransition]<byte*, nint, int*, nint, int*, void> _two =
        (delegate* unmanaged[SuppressGCTransition]<byte*, nint, int*, nint, int*, void>)code.TwoOfPairs;

    private readonly delegate* unmanaged[SuppressGCTransition]<byte*, nint, int*, nint, int*, void> _one =
        (delegate* unmanaged[SuppressGCTransition]<byte*, nint, int*, nint, int*, void>)code.OneOfPairs;

    public static int Rows => VnniCode.Rows;

    public static int StepElements => 2;

    public void Two(byte* a, nint stride, int* columns, nint steps, int* sums) => _two(a, stride, columns, steps, sums);

    public void One(byte* a, nint stride, int* columns, nint steps, int* sums) => _one(a, stride, columns, steps, sums);
}
