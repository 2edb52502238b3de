using SgsIpu.Kernels.Elementwise;

namespace SgsIpu.Kernels.Detection;

/// <summary>
/// Means of samples between pixels, in integers: places have 16 fraction bits, the weights of a sample's four pixels 32; a mean keeps 8 bits
/// below a step of the image until it is requantized. Samples further than a pixel outside of the image are 0.
/// </summary>
/// <param name="image">Size of the NHWC image.</param>
/// <param name="bins">Rows and columns of bins of a region.</param>
/// <param name="samples">Samples along each side of a bin; 0 for as many as a bin has pixels.</param>
/// <param name="roiScale">From a corner's integer to pixels.</param>
/// <param name="half">True where a pixel's centre is at ½: corners are half a pixel less, and regions may be smaller than a pixel.</param>
/// <param name="scale">From the image's unit to the output's.</param>
public sealed class RoiAlignKernel((int N, int H, int W, int C) image, (int H, int W) bins, int samples, double roiScale, bool half, IntegerRange range, double scale)
{
    private const int Bits = 16;
    private const long One = 1L << Bits;
    private const int Guard = 8;

    private readonly int _samples = samples;
    private readonly bool _half = half;
    private readonly Requantizer _places = Requantizer.FromScale(Math.Min(roiScale * One, int.MaxValue - 1));
    private readonly Requantizer _output = Requantizer.FromScale(Math.Min(scale / (1 << Guard), int.MaxValue - 1));

    /// <summary>Elements of scratch: the sums of the channels.</summary>
    public int WorkspaceElements => image.C;

    /// <param name="x">The image, INT16.</param>
    /// <param name="rois">Corners x1, y1, x2, y2 of each region.</param>
    /// <param name="pictures">The image of the batch that each region is of.</param>
    public void Run(ReadOnlySpan<short> x, ReadOnlySpan<short> rois, ReadOnlySpan<long> pictures, Span<short> y, Span<long> sums)
    {
        sums = sums[..image.C];
        int at = 0;
        for (int r = 0; r < pictures.Length; r++)
        {
            ReadOnlySpan<short> picture = x[((int)Math.Clamp(pictures[r], 0, image.N - 1) * image.H * image.W * image.C)..];
            ReadOnlySpan<short> corners = rois.Slice(4 * r, 4);
            var rows = new Side(this, corners[1], corners[3], bins.H);
            var columns = new Side(this, corners[0], corners[2], bins.W);
            long count = Math.Max(1, rows.Samples * columns.Samples);
            for (int i = 0; i < bins.H; i++)
            {
                for (int j = 0; j < bins.W; j++, at += image.C)
                {
                    Sum(picture, rows, i, columns, j, sums);
                    for (int c = 0; c < sums.Length; c++)
                    {
                        long mean = FloorDivide((2 * (sums[c] >> ((2 * Bits) - Guard))) + count, 2 * count);
                        y[at + c] = (short)range.Place(_output.Apply(mean));
                    }
                }
            }
        }
    }

    private void Sum(ReadOnlySpan<short> picture, Side rows, int i, Side columns, int j, Span<long> sums)
    {
        sums.Clear();
        for (long s = 0; s < rows.Samples; s++)
        {
            if (!rows.Sample(i, s, image.H, out int row, out int nextRow, out long down))
            {
                continue;
            }

            for (long t = 0; t < columns.Samples; t++)
            {
                if (columns.Sample(j, t, image.W, out int column, out int nextColumn, out long right))
                {
                    Add(picture, row, column, (One - down) * (One - right), sums);
                    Add(picture, row, nextColumn, (One - down) * right, sums);
                    Add(picture, nextRow, column, down * (One - right), sums);
                    Add(picture, nextRow, nextColumn, down * right, sums);
                }
            }
        }
    }

    private void Add(ReadOnlySpan<short> picture, int row, int column, long weight, Span<long> sums)
    {
        ReadOnlySpan<short> pixel = picture.Slice(((row * image.W) + column) * image.C, sums.Length);
        for (int c = 0; c < sums.Length; c++)
        {
            sums[c] += pixel[c] * weight;
        }
    }

    private static long FloorDivide(long a, long b) => (a / b) - (a % b < 0 ? 1 : 0);

    /// <summary>A region along one side: start and size in pixels with 16 fraction bits.</summary>
    private readonly struct Side
    {
        private readonly long _start;
        private readonly long _size;
        private readonly int _bins;

        public Side(RoiAlignKernel kernel, short first, short last, int bins)
        {
            long start = kernel._places.Apply((int)first);
            _start = start - (kernel._half ? One / 2 : 0);
            _size = Math.Max(kernel._places.Apply((int)last) - start, kernel._half ? long.MinValue : One);
            _bins = bins;
            Samples = kernel._samples > 0 ? kernel._samples : Math.Max(0, -FloorDivide(-_size, bins * One));
        }

        /// <summary>Samples of a bin.</summary>
        public long Samples { get; }

        /// <summary>The two pixels around a sample and the weight of the second; false outside of the image.</summary>
        public bool Sample(int bin, long sample, int length, out int pixel, out int next, out long weight)
        {
            long place = _start + FloorDivide(_size * ((2 * ((bin * Samples) + sample)) + 1), 2 * _bins * Samples);
            bool inside = place >= -One && place <= length * One;
            place = Math.Clamp(place, 0, (length - 1) * One);
            pixel = (int)(place >> Bits);
            next = Math.Min(pixel + 1, length - 1);
            weight = place & (One - 1);
            return inside;
        }
    }
}
