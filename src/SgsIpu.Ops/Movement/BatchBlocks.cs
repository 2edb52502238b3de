using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Copies between a tensor and its form with blocks in the batch, pixel by pixel.</summary>
/// <param name="space">Shape of the tensor [N, …].</param>
/// <param name="batch">Shape of the form with blocks in the batch.</param>
/// <param name="block">Size of a block along dimension 1, 2, …</param>
/// <param name="before">Elements that lie before the tensor in its first block.</param>
/// <param name="zero">An element outside of the tensor.</param>
internal sealed class BatchBlocks(Shape space, Shape batch, int[] block, int[] before, byte[] zero)
{
    public FixedKernel Kernel(bool toBatch)
    {
        int pixel = zero.Length * space.Skip(block.Length + 1).Aggregate(1, (a, b) => a * b);
        int[] places = Places();
        return new DelegateKernel((in FixedArguments a) =>
        {
            ReadOnlySpan<byte> x = a.Input(0);
            Span<byte> y = a.Output(0);
            for (int i = 0; i < places.Length; i++)
            {
                if (!toBatch)
                {
                    if (places[i] >= 0)
                    {
                        x.Slice(i * pixel, pixel).CopyTo(y[(places[i] * pixel)..]);
                    }
                }
                else if (places[i] >= 0)
                {
                    x.Slice(places[i] * pixel, pixel).CopyTo(y[(i * pixel)..]);
                }
                else
                {
                    for (int b = 0; b < pixel; b += zero.Length)
                    {
                        zero.CopyTo(y[((i * pixel) + b)..]);
                    }
                }
            }
        });
    }

    /// <summary>For each pixel of the form with blocks its pixel in the tensor; −1 outside of it.</summary>
    private int[] Places()
    {
        int count = block.Length;
        var places = new int[batch.Take(count + 1).Aggregate(1, (a, b) => checked(a * b))];
        for (int i = 0; i < places.Length; i++)
        {
            int left = i;
            var inside = new int[count];
            for (int d = count - 1; d >= 0; d--)
            {
                inside[d] = left % batch[d + 1];
                left /= batch[d + 1];
            }

            int offset = left / space[0];
            int at = left % space[0];
            var offsets = new int[count];
            for (int d = count - 1; d >= 0; d--)
            {
                offsets[d] = offset % block[d];
                offset /= block[d];
            }

            for (int d = 0; d < count && at >= 0; d++)
            {
                int coordinate = (inside[d] * block[d]) + offsets[d] - before[d];
                at = coordinate >= 0 && coordinate < space[d + 1] ? (at * space[d + 1]) + coordinate : -1;
            }

            places[i] = at;
        }

        return places;
    }
}
