namespace SgsIpu.Kernels;

/// <summary>Tiles of INT16 pairs, 4 rows high, so that sums, columns and a row fit 16 registers.</summary>
internal unsafe struct PairKernel<TVector, TForm> : ITileKernel
    where TVector : unmanaged
    where TForm : struct, IVectorForm<TVector>
{
    public static int Rows => 4;

    public static int StepElements => 2;

    public readonly void Two(byte* a, nint stride, int* columns, nint steps, int* sums)
    {
        byte* a1 = a + stride;
        byte* a2 = a1 + stride;
        byte* a3 = a2 + stride;
        TVector sum00 = TForm.All(0), sum01 = sum00, sum10 = sum00, sum11 = sum00, sum20 = sum00, sum21 = sum00, sum30 = sum00, sum31 = sum00;
        for (nint i = 0; i < steps * 4; i += 4)
        {
            TVector left = TForm.Load(columns);
            TVector right = TForm.Load(columns + TForm.Count);
            columns += 2 * TForm.Count;
            TVector row = TForm.All(*(int*)(a + i));
            sum00 = TForm.MultiplyAdd(sum00, row, left);
            sum01 = TForm.MultiplyAdd(sum01, row, right);
            row = TForm.All(*(int*)(a1 + i));
            sum10 = TForm.MultiplyAdd(sum10, row, left);
            sum11 = TForm.MultiplyAdd(sum11, row, right);
            row = TForm.All(*(int*)(a2 + i));
            sum20 = TForm.MultiplyAdd(sum20, row, left);
            sum21 = TForm.MultiplyAdd(sum21, row, right);
            row = TForm.All(*(int*)(a3 + i));
            sum30 = TForm.MultiplyAdd(sum30, row, left);
            sum31 = TForm.MultiplyAdd(sum31, row, right);
        }

        TForm.Store(sum00, sums);
        TForm.Store(sum01, sums + TForm.Count);
        TForm.Store(sum10, sums + (2 * TForm.Count));
        TForm.Store(sum11, sums + (3 * TForm.Count));
        TForm.Store(sum20, sums + (4 * TForm.Count));
        TForm.Store(sum21, sums + (5 * TForm.Count));
        TForm.Store(sum30, sums + (6 * TForm.Count));
        TForm.Store(sum31, sums + (7 * TForm.Count));
    }

    public readonly void One(byte* a, nint stride, int* columns, nint steps, int* sums)
    {
        byte* a1 = a + stride;
        byte* a2 = a1 + stride;
        byte* a3 = a2 + stride;
        TVector sum0 = TForm.All(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
        for (nint i = 0; i < steps * 4; i += 4)
        {
            TVector column = TForm.Load(columns);
            columns += TForm.Count;
            sum0 = TForm.MultiplyAdd(sum0, TForm.All(*(int*)(a + i)), column);
            sum1 = TForm.MultiplyAdd(sum1, TForm.All(*(int*)(a1 + i)), column);
            sum2 = TForm.MultiplyAdd(sum2, TForm.All(*(int*)(a2 + i)), column);
            sum3 = TForm.MultiplyAdd(sum3, TForm.All(*(int*)(a3 + i)), column);
        }

        TForm.Store(sum0, sums);
        TForm.Store(sum1, sums + TForm.Count);
        TForm.Store(sum2, sums + (2 * TForm.Count));
        TForm.Store(sum3, sums + (3 * TForm.Count));
    }
}
