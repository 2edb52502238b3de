namespace SgsIpu.Kernels;

/// <summary>
/// The innermost product: a few rows by one or two vectors of columns. Rows and columns are read in steps of 4 bytes along K: two INT16 or
/// four bytes; the sums are INT32 and wrap.
/// </summary>
internal unsafe interface ITileKernel
{
    /// <summary>Rows of a tile; that many are read always.</summary>
    static abstract int Rows { get; }

    /// <summary>Elements of K in a step.</summary>
    static abstract int StepElements { get; }

    /// <summary>sums[row, column] = Σ a[row, step] · columns[step, column], for two vectors of columns.</summary>
    /// <param name="stride">Bytes from a row of a to the next.</param>
    void Two(byte* a, nint stride, int* columns, nint steps, int* sums);

    /// <summary>The same for one vector of columns.</summary>
    void One(byte* a, nint stride, int* columns, nint steps, int* sums);
}
