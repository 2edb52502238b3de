using System.Collections.Concurrent;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace SgsIpu.Kernels;

/// <summary>
/// Code for a run of outputs of a depthwise convolution, up to four vectors of channels: the rows under the kernel are interleaved, four
/// bytes or two INT16 of a channel to each INT32 lane, so that one instruction multiplies and adds them. Columns that the next output
/// sees too stay in registers.
/// </summary>
/// <param name="Bytes">UINT8 by INT8; else INT16 by INT16.</param>
/// <param name="KernelHeight">At most <see cref="MaxRows"/>.</param>
/// <param name="Stride">Between outputs; 0 where columns are not neighbours, and none is kept.</param>
internal readonly record struct DepthwiseCode(bool Bytes, int Vectors, int KernelHeight, int KernelWidth, int Stride, StageForm Stage, bool Masked)
{
    public const int MaxRows = 8;

    private const int Vector = 64;
    private const int FirstFree = StageCode.Scratch;
    private const int RowsAt = 80;

    private static readonly ConcurrentDictionary<DepthwiseCode, MachineFunction?> Made = [];

    private static readonly AssemblerRegister64[] RowStarts = [rax, rdx, rbx, rbp, rcx, r8, r9, r13];

    private int Parts => Stage.SplitBits > 0 ? 2 : 1;

    /// <summary>Rows that one lane holds.</summary>
    private int LaneRows => Bytes ? 4 : 2;

    private int Groups => (KernelHeight + LaneRows - 1) / LaneRows;

    private int ColumnVectors => Groups * Vectors;

    private int FirstColumn => FirstFree + (Vectors * Parts);

    /// <summary>Columns stay in registers.</summary>
    private bool Keeps => Stride > 0 && Stride < KernelWidth && FirstColumn + (KernelWidth * ColumnVectors) <= 32;

    private int FirstWeight => FirstColumn + ((Keeps ? KernelWidth : 1) * ColumnVectors);

    /// <summary>The most vectors of channels: a vector of elements.</summary>
    public static int MaxVectors(bool bytes) => bytes ? 4 : 2;

    /// <summary>Address of a function of <see cref="DepthwiseArguments"/>; 0 where the system refuses executable memory.</summary>
    public nint Function()
    {
        if (!Made.TryGetValue(this, out MachineFunction? function))
        {
            function = Made.GetOrAdd(this, static code => MachineFunction.TryCreate(code.Write));
        }

        return function?.Address ?? 0;
    }

    private AssemblerRegisterZMM Sum(int vector, int part) => MachineFunction.Zmm[FirstFree + (vector * Parts) + part];

    private AssemblerRegisterZMM Column(int slot, int group, int vector) => MachineFunction.Zmm[FirstColumn + (slot * ColumnVectors) + (group * Vectors) + vector];

    private void Write(Assembler c)
    {
        StageCode.Begin(c);
        c.kmovq(k3, __qword_ptr[rdi + 64]);
        c.kmovq(k4, __qword_ptr[rdi + 72]);
        for (int row = 0; row < KernelHeight; row++)
        {
            c.mov(RowStarts[row], __qword_ptr[rdi + RowsAt + (row * 8)]);
        }

        c.mov(r14, __qword_ptr[rdi + 16]);
        c.mov(r10, __qword_ptr[rdi + 24]);
        c.mov(r15, __qword_ptr[rdi + 32]);
        c.mov(r11, __qword_ptr[rdi + 40]);
        c.mov(r12, __qword_ptr[rdi + 56]);
        c.xor(rsi, rsi);
        for (int i = 0; i < Weights && FirstWeight + i < 32; i++)
        {
            c.vmovdqu32(MachineFunction.Zmm[FirstWeight + i], __zmmword_ptr[r14 + (i * Vector)]);
        }

        Label loop = c.CreateLabel();
        Label done = c.CreateLabel();
        if (!Keeps)
        {
            c.Label(ref loop);
            Apart(c);
            c.dec(r12);
            c.jnz(loop);
            return;
        }

        for (int column = 0; column < KernelWidth - Stride; column++)
        {
            Load(c, column);
        }

        // After KernelWidth outputs every column is in its first register again.
        c.Label(ref loop);
        for (int output = 0; output < KernelWidth; output++)
        {
            int first = output * Stride;
            for (int column = first + KernelWidth - Stride; column < first + KernelWidth; column++)
            {
                Load(c, column % KernelWidth);
            }

            Begin(c);
            for (int kw = 0; kw < KernelWidth; kw++)
            {
                Multiply(c, kw, (first + kw) % KernelWidth);
            }

            Finish(c);
            c.dec(r12);
            if (output < KernelWidth - 1)
            {
                c.jz(done);
            }
        }

        c.jnz(loop);
        c.Label(ref done);
        c.nop();
    }

    private int Weights => KernelWidth * ColumnVectors * Parts;

    /// <summary>An output whose columns are all read anew.</summary>
    private void Apart(Assembler c)
    {
        Begin(c);
        for (int kw = 0; kw < KernelWidth; kw++)
        {
            Load(c, 0);
            Multiply(c, kw, 0);
        }

        // From the columns of this output to those of the next.
        c.imul(r14, __qword_ptr[rdi], KernelWidth);
        c.sub(rsi, r14);
        c.add(rsi, __qword_ptr[rdi + 8]);
        c.mov(r14, __qword_ptr[rdi + 16]);
        Finish(c);
    }

    private void Begin(Assembler c)
    {
        for (int v = 0; v < Vectors; v++)
        {
            for (int part = 0; part < Parts; part++)
            {
                c.vmovdqu32(Sum(v, part), __zmmword_ptr[r10 + (v * Stage.VectorBytes) + (part * Vector)]);
            }
        }
    }

    private void Multiply(Assembler c, int kw, int slot)
    {
        for (int group = 0; group < Groups; group++)
        {
            for (int v = 0; v < Vectors; v++)
            {
                for (int part = 0; part < Parts; part++)
                {
                    int weight = (((((kw * Groups) + group) * Vectors) + v) * Parts) + part;
                    int register = FirstWeight + weight;
                    (AssemblerRegisterZMM sum, AssemblerRegisterZMM column) = (Sum(v, part), Column(slot, group, v));
                    switch (Bytes, register < 32)
                    {
                        case (true, true):
                            c.vpdpbusd(sum, column, MachineFunction.Zmm[register]);
                            break;
                        case (true, false):
                            c.vpdpbusd(sum, column, __zmmword_ptr[r14 + (weight * Vector)]);
                            break;
                        case (false, true):
                            c.vpdpwssd(sum, column, MachineFunction.Zmm[register]);
                            break;
                        default:
                            c.vpdpwssd(sum, column, __zmmword_ptr[r14 + (weight * Vector)]);
                            break;
                    }
                }
            }
        }
    }

    private void Finish(Assembler c)
    {
        AssemblerRegisterZMM[] results = new AssemblerRegisterZMM[Vectors];
        for (int v = 0; v < Vectors; v++)
        {
            results[v] = Sum(v, Parts - 1);
            StageCode.Requantize(c, Stage, r10, v * Stage.VectorBytes, [Sum(v, 0)], [results[v]]);
        }

        StageCode.Write(c, Stage, r15, r11, results, Bytes, Masked);
        c.add(r11, __qword_ptr[rdi + 48]);
    }

    /// <summary>Reads a column into its registers and moves on to the next. The order within them is that of <see cref="ColumnOrder"/>.</summary>
    private void Load(Assembler c, int slot)
    {
        for (int group = 0; group < Groups; group++)
        {
            ReadOnlySpan<AssemblerRegister64> rows = RowStarts.AsSpan(group * LaneRows, Math.Min(LaneRows, KernelHeight - (group * LaneRows)));
            if (Vectors == MaxVectors(Bytes))
            {
                Interleave(c, slot, group, rows);
            }
            else
            {
                Widen(c, slot, group, rows);
            }
        }

        c.add(rsi, __qword_ptr[rdi]);
    }

    /// <summary>Whole vectors of elements. For a row that is not there another stands, whose weight is 0.</summary>
    private void Interleave(Assembler c, int slot, int group, ReadOnlySpan<AssemblerRegister64> rows)
    {
        AssemblerRegisterZMM[] row = [zmm0, zmm1, zmm2, zmm3];
        for (int i = 0; i < LaneRows; i++)
        {
            if (i >= rows.Length)
            {
                row[i] = row[i - 1];
            }
            else if (!Masked)
            {
                c.vmovdqu8(row[i], __zmmword_ptr[rows[i] + rsi]);
            }
            else if (Bytes)
            {
                c.vmovdqu8(row[i].k4.z, __zmmword_ptr[rows[i] + rsi]);
            }
            else
            {
                c.vmovdqu16(row[i].k4.z, __zmmword_ptr[rows[i] + rsi]);
            }
        }

        if (!Bytes)
        {
            c.vpunpcklwd(Column(slot, group, 0), row[0], row[1]);
            c.vpunpckhwd(Column(slot, group, 1), row[0], row[1]);
            return;
        }

        c.vpunpcklbw(zmm4, row[0], row[1]);
        c.vpunpckhbw(zmm5, row[0], row[1]);
        c.vpunpcklbw(zmm6, row[2], row[3]);
        c.vpunpckhbw(zmm7, row[2], row[3]);
        c.vpunpcklwd(Column(slot, group, 0), zmm4, zmm6);
        c.vpunpckhwd(Column(slot, group, 1), zmm4, zmm6);
        c.vpunpcklwd(Column(slot, group, 2), zmm5, zmm7);
        c.vpunpckhwd(Column(slot, group, 3), zmm5, zmm7);
    }

    /// <summary>Parts of a vector of elements: each row is widened, shifted to its place and joined.</summary>
    private void Widen(Assembler c, int slot, int group, ReadOnlySpan<AssemblerRegister64> rows)
    {
        if (Vectors == 1)
        {
            AssemblerRegisterZMM lane = Column(slot, group, 0);
            for (int i = 0; i < rows.Length; i++)
            {
                AssemblerRegisterZMM to = i == 0 ? lane : zmm0;
                if (Bytes)
                {
                    c.vpmovzxbd(Masked ? to.k4.z : to, __xmmword_ptr[rows[i] + rsi]);
                }
                else
                {
                    c.vpmovzxwd(Masked ? to.k4.z : to, __ymmword_ptr[rows[i] + rsi]);
                }

                if (i > 0)
                {
                    c.vpslld(zmm0, zmm0, (byte)(i * (Bytes ? 8 : 16)));
                    c.vpord(lane, lane, zmm0);
                }
            }

            return;
        }

        // Two vectors of bytes: rows 0 and 1, and rows 2 and 3, as the halves of words.
        AssemblerRegisterZMM[] pairs = [zmm0, zmm1];
        for (int i = 0; i < rows.Length; i++)
        {
            AssemblerRegisterZMM to = i % 2 == 0 ? pairs[i / 2] : zmm2;
            c.vpmovzxbw(Masked ? to.k4.z : to, __ymmword_ptr[rows[i] + rsi]);
            if (i % 2 != 0)
            {
                c.vpsllw(zmm2, zmm2, 8);
                c.vpord(pairs[i / 2], pairs[i / 2], zmm2);
            }
        }

        AssemblerRegisterZMM second = pairs[rows.Length > 2 ? 1 : 0];
        c.vpunpcklwd(Column(slot, group, 0), zmm0, second);
        c.vpunpckhwd(Column(slot, group, 1), zmm0, second);
    }
}
