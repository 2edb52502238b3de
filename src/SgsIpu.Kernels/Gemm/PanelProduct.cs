using System.Runtime.CompilerServices;

namespace SgsIpu.Kernels;

/// <summary>A block of rows times packed columns, through the output stage.</summary>
internal static unsafe class PanelProduct
{
    /// <summary>The tallest tile times the widest panel.</summary>
    private const int MaxTile = 8 * 32;

    /// <param name="rows">Rows of the output; of a, whole tiles are readable.</param>
    /// <param name="blockSteps">Steps whose sums fit INT32; less than all only where the layout is split.</param>
    /// <param name="channel">The stage's channel of column 0.</param>
    /// <param name="y">Column 0 of the first row.</param>
    /// <param name="rowBytes">From a row of y to the next.</param>
    public static void Run<TVector, TForm, TKernel>(
        TKernel kernel, byte* a, nint stride, int rows, int* columns, PanelLayout layout, int blockSteps, VectorStage stage, int channel, byte* y, nint rowBytes)
        where TVector : unmanaged
        where TForm : struct, IVectorForm<TVector>
        where TKernel : struct, ITileKernel
    {
        for (int column = 0; column < layout.Columns; column += layout.Width)
        {
            int* panel = columns + layout.Offset(column);
            int count = Math.Min(layout.Width, layout.Columns - column);
            byte* target = y + (column * stage.ElementSize);
            for (int row = 0; row < rows; row += TKernel.Rows)
            {
                byte* tile = a + (row * stride);
                int height = Math.Min(TKernel.Rows, rows - row);
                if (layout.Split)
                {
                    Wide<TVector, TForm, TKernel>(kernel, tile, stride, height, panel, layout, blockSteps, stage, channel + column, count, target + (row * rowBytes), rowBytes);
                }
                else
                {
                    Narrow<TVector, TForm, TKernel>(kernel, tile, stride, height, panel, layout, layout.IsTwo(column), stage, channel + column, count, target + (row * rowBytes), rowBytes);
                }
            }
        }
    }

    [SkipLocalsInit]
    private static void Narrow<TVector, TForm, TKernel>(
        TKernel kernel, byte* a, nint stride, int rows, int* panel, PanelLayout layout, bool two, VectorStage stage, int channel, int count, byte* y, nint rowBytes)
        where TVector : unmanaged
        where TForm : struct, IVectorForm<TVector>
        where TKernel : struct, ITileKernel
    {
        int* sums = stackalloc int[MaxTile];
        int width = layout.Lanes;
        if (two)
        {
            width *= 2;
            kernel.Two(a, stride, panel, layout.Steps, sums);
        }
        else
        {
            kernel.One(a, stride, panel, layout.Steps, sums);
        }

        stage.Write<TVector, TForm>(sums, width, rows, channel, count, y, rowBytes);
    }

    [SkipLocalsInit]
    private static void Wide<TVector, TForm, TKernel>(
        TKernel kernel, byte* a, nint stride, int rows, int* panel, PanelLayout layout, int blockSteps, VectorStage stage, int channel, int count, byte* y, nint rowBytes)
        where TVector : unmanaged
        where TForm : struct, IVectorForm<TVector>
        where TKernel : struct, ITileKernel
    {
        int* sums = stackalloc int[MaxTile];
        long* wide = stackalloc long[MaxTile / 2];
        int lanes = layout.Lanes;
        new Span<long>(wide, TKernel.Rows * lanes).Clear();
        for (int step = 0; step < layout.Steps; step += blockSteps)
        {
            kernel.Two(a + (step * sizeof(int)), stride, panel + (step * 2 * lanes), Math.Min(blockSteps, layout.Steps - step), sums);
            for (int row = 0; row < rows; row++)
            {
                int* lower = sums + (row * 2 * lanes);
                TForm.AddSplit(lower, lower + lanes, wide + (row * lanes));
            }
        }

        for (int row = 0; row < rows; row++)
        {
            stage.Write<TVector, TForm>(wide + (row * lanes), channel, count, y + (row * rowBytes));
        }
    }
}
