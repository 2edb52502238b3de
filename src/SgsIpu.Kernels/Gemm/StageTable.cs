namespace SgsIpu.Kernels;

/// <summary>An output stage as arrays over the channels, readable a vector beyond the last channel.</summary>
/// <remarks>
/// Narrow, for shifts from 33: floor(acc · M / 2^s + 1/2) = (upper(acc · M) + 2^(s−33)) >> (s − 32), where upper(p) = floor(p / 2^32):
/// the bits below do not reach the sum. Wide: acc is first shifted left until s is 33 at least, and its product with M ≥ 0 put together from 32-bit halves.
/// </remarks>
internal unsafe struct StageTable
{
    public int* Bias;
    public int* Multiplier;
    public int* Round;
    public int* Shift;
    public long* WideBias;
    public long* WideLift;
    public long* WideMultiplier;
    public long* WideRound;
    public long* WideShift;
    public int Zero;
    public int Min;
    public int Max;
}
