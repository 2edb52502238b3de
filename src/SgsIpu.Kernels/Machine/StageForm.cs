namespace SgsIpu.Kernels;

/// <summary>What the code of an output stage depends on.</summary>
/// <param name="SplitBits">0 for sums in one part; else the bits of the lower part.</param>
/// <param name="ToBytes">To UINT8; else to INT16.</param>
/// <param name="Lifts">Sums are shifted left first.</param>
/// <param name="Clamps">The limits are narrower than UINT8.</param>
internal readonly record struct StageForm(int SplitBits, bool ToBytes, bool Lifts, bool Clamps)
{
    /// <summary>Bytes of the tables of one vector of channels; see <see cref="StageBlocks"/>.</summary>
    public int VectorBytes => (SplitBits > 0 ? 8 : 6) * 64;

    public int ElementSize => ToBytes ? sizeof(byte) : sizeof(short);
}
