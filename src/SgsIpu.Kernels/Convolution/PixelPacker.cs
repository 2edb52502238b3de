using System.Runtime.CompilerServices;
using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>
/// Lays the input elements under output pixels out as rows [pixel, kh, kw, channel of the group], so that a convolution is a matrix
/// product. Outside of the image stands what the specification says.
/// </summary>
/// <param name="bytes">Rows of bytes; else rows of INT16.</param>
/// <param name="rowBytes">From a row to the next.</param>
internal sealed unsafe class PixelPacker<TVector, TForm>(ConvolutionSpec spec, bool bytes, int rowBytes)
    where TVector : unmanaged
    where TForm : struct, IVectorForm<TVector>
{
    private readonly int _inputSize = spec.InputType == DataType.UInt8 ? sizeof(byte) : sizeof(short);

    /// <summary>A pixel outside of the image, as rows have it.</summary>
    private readonly byte[] _outside = spec.Outside(bytes);

    /// <summary>A row of the kernel is one run of the input.</summary>
    private readonly bool _hasRuns = spec.Groups == 1 && (spec.DilationW == 1 || spec.KernelWidth == 1);

    /// <summary>The rows have the elements of the input, so that they are copied byte by byte.</summary>
    private bool CopiesBytes => bytes || _inputSize == sizeof(short);

    /// <summary>Packs pixels [first, first + count) of all images in order.</summary>
    public void Pack(byte* x, int first, int count, int group, byte* target)
    {
        int ow = first % spec.OutWidth;
        int oh = first / spec.OutWidth % spec.OutHeight;
        int n = first / spec.OutWidth / spec.OutHeight;
        long imageBytes = (long)spec.Height * spec.Width * spec.Channels * _inputSize;
        while (count > 0)
        {
            // The pixels of one row of the output.
            int part = Math.Min(count, spec.OutWidth - ow);
            byte* image = x + (n * imageBytes) + (group * spec.GroupChannels * _inputSize);
            if (CopiesBytes)
            {
                Line(image, group, oh, ow, part, target);
            }
            else
            {
                for (int pixel = 0; pixel < part; pixel++)
                {
                    Row(image, group, oh, ow + pixel, target + ((nint)pixel * rowBytes));
                }
            }

            target += (nint)part * rowBytes;
            count -= part;
            ow = 0;
            if (++oh == spec.OutHeight)
            {
                oh = 0;
                n++;
            }
        }
    }

    /// <summary>Neighbouring pixels of a row of the output, run by run: a row of the kernel, or where its columns are no neighbours, one element of it.</summary>
    private void Line(byte* image, int group, int oh, int ow, int count, byte* target)
    {
        int columns = _hasRuns ? spec.KernelWidth : 1;
        int runBytes = columns * spec.GroupChannels * _inputSize;
        for (int kh = 0; kh < spec.KernelHeight; kh++)
        {
            int h = spec.InputRow(oh, kh);
            byte* line = (uint)h < (uint)spec.Height ? image + ((long)h * spec.Width * spec.Channels * _inputSize) : null;
            for (int kw = 0; kw < spec.KernelWidth; kw += columns, target += runBytes)
            {
                Runs(line, group, spec.InputColumn(ow, kw), columns, count, target);
            }
        }
    }

    /// <summary>One run of each of some pixels. Where all columns of it exist, the runs lie at even distances.</summary>
    /// <param name="line">The row of the input; null outside of the image.</param>
    /// <param name="w">The run's first column for the first pixel, maybe outside of the row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Runs(byte* line, int group, int w, int columns, int count, byte* target)
    {
        int pixelBytes = spec.Channels * _inputSize;
        int columnElements = spec.GroupChannels;
        int inside = w >= 0 ? 0 : Math.Min(count, (-w + spec.StrideW - 1) / spec.StrideW);
        int room = spec.Width - columns - w;
        int outside = line == null || room < 0 ? inside : Math.Clamp((room / spec.StrideW) + 1, inside, count);
        for (int pixel = 0; pixel < count; pixel++)
        {
            if (pixel == inside && outside > inside)
            {
                int runBytes = columns * columnElements * _inputSize;
                RunCopy.Copy(line + ((w + ((nint)pixel * spec.StrideW)) * pixelBytes), (nint)spec.StrideW * pixelBytes, target + ((nint)pixel * rowBytes), rowBytes, outside - inside, runBytes);
                pixel = outside - 1;
                continue;
            }

            byte* run = target + ((nint)pixel * rowBytes);
            int column = w + (pixel * spec.StrideW);
            if (line == null || columns == 1)
            {
                // A run of one column that exists is among those at even distances.
                FillOutside(run, group, columns);
            }
            else
            {
                Run(line, column, run, _inputSize);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Row(byte* image, int group, int oh, int ow, byte* target)
    {
        int size = bytes ? sizeof(byte) : sizeof(short);
        int lineElements = spec.KernelWidth * spec.GroupChannels;
        for (int kh = 0; kh < spec.KernelHeight; kh++, target += lineElements * size)
        {
            int h = spec.InputRow(oh, kh);
            if ((uint)h >= (uint)spec.Height)
            {
                FillOutside(target, group, spec.KernelWidth);
                continue;
            }

            byte* line = image + ((long)h * spec.Width * spec.Channels * _inputSize);
            if (_hasRuns)
            {
                Run(line, (ow * spec.StrideW) - spec.PadLeft, target, size);
                continue;
            }

            for (int kw = 0; kw < spec.KernelWidth; kw++)
            {
                byte* tap = target + (kw * spec.GroupChannels * size);
                int w = spec.InputColumn(ow, kw);
                if ((uint)w >= (uint)spec.Width)
                {
                    FillOutside(tap, group, 1);
                }
                else
                {
                    Copy(line + ((long)w * spec.Channels * _inputSize), tap, spec.GroupChannels);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Run(byte* line, int w, byte* target, int size)
    {
        int start = Math.Clamp(-w, 0, spec.KernelWidth);
        int end = Math.Clamp(spec.Width - w, start, spec.KernelWidth);
        FillOutside(target, 0, start);
        Copy(line + ((long)(w + start) * spec.Channels * _inputSize), target + (start * spec.Channels * size), (end - start) * spec.Channels);
        FillOutside(target + (end * spec.Channels * size), 0, spec.KernelWidth - end);
    }

    /// <summary>The elements of a group in some pixels outside of the image.</summary>
    private void FillOutside(byte* target, int group, int pixels)
    {
        int pixelBytes = _outside.Length / spec.Groups;
        for (int i = 0; i < pixels; i++)
        {
            _outside.AsSpan(group * pixelBytes, pixelBytes).CopyTo(new Span<byte>(target + ((nint)i * pixelBytes), pixelBytes));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Copy(byte* source, byte* target, int count)
    {
        if (_inputSize == sizeof(short) || bytes)
        {
            Buffer.MemoryCopy(source, target, (long)count * _inputSize, (long)count * _inputSize);
            return;
        }

        short* wide = (short*)target;
        int step = 2 * TForm.Count;
        int i = 0;
        for (; i <= count - step; i += step)
        {
            TForm.Copy(source + i, wide + i);
        }

        if (i < count && count >= step)
        {
            TForm.Copy(source + count - step, wide + count - step);
            return;
        }

        for (; i <= count - 8; i += 8)
        {
            Vectors128.Copy(source + i, wide + i);
        }

        for (; i < count; i++)
        {
            wide[i] = source[i];
        }
    }
}
