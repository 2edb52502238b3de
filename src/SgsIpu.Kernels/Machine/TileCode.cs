using System.Collections.Concurrent;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace SgsIpu.Kernels;

/// <summary>
/// Code for tiles of a matrix product through the output stage: rows of the left side, read where they are, by a panel of packed columns.
/// The sums begin with the bias and stay in registers. Made at the first use of each form, once for the process.
/// </summary>
internal readonly record struct TileCode(ProductKind Kind, int Vectors, int Rows, StageForm Stage, bool Masked)
{
    /// <summary>Registers of sums; the others are the stage's scratch, weights and rows while summing.</summary>
    private const int Sums = 32 - StageCode.Scratch;

    private const int Vector = 64;
    private const int Unrolled = 4;

    private static readonly ConcurrentDictionary<TileCode, MachineFunction?> Made = [];

    private int Parts => Kind == ProductKind.Split ? 2 : 1;

    /// <summary>The most rows of a tile: what the registers hold, and four times three, which the addressing reaches.</summary>
    public static int MaxRows(ProductKind kind, int vectors) => Math.Min(12, Sums / (vectors * (kind == ProductKind.Split ? 2 : 1)));

    /// <summary>The most vectors of a panel.</summary>
    public static int MaxVectors(ProductKind kind) => kind == ProductKind.Split ? 2 : 4;

    /// <summary>Address of a function of <see cref="TileArguments"/>; 0 where the system refuses executable memory.</summary>
    public nint Function()
    {
        if (!Made.TryGetValue(this, out MachineFunction? function))
        {
            function = Made.GetOrAdd(this, static code => MachineFunction.TryCreate(code.Write));
        }

        return function?.Address ?? 0;
    }

    private AssemblerRegisterZMM Sum(int row, int vector, int part) => MachineFunction.Zmm[StageCode.Scratch + (((row * Vectors) + vector) * Parts) + part];

    private void Write(Assembler c)
    {
        StageCode.Begin(c);
        c.kmovq(k3, __qword_ptr[rdi + 72]);
        c.mov(rcx, __qword_ptr[rdi + 8]);
        c.mov(r13, __qword_ptr[rdi + 16]);
        c.mov(r14, __qword_ptr[rdi + 24]);
        c.mov(r10, __qword_ptr[rdi + 32]);
        c.mov(r15, __qword_ptr[rdi + 40]);
        c.mov(r11, __qword_ptr[rdi + 48]);
        c.mov(rsi, __qword_ptr[rdi + 56]);
        c.mov(r12, __qword_ptr[rdi + 64]);
        c.mov(rdi, __qword_ptr[rdi]);
        Label tile = c.CreateLabel();
        c.Label(ref tile);
        Multiply(c);
        Finish(c);
        c.dec(r12);
        c.jnz(tile);
    }

    /// <summary>Sums of a tile. Rows are reached from every third of them: an address holds the stride once or twice.</summary>
    private void Multiply(Assembler c)
    {
        AssemblerRegister64[] third = [.. new[] { rax, rdx, rbx, rbp }.Take((Rows + 2) / 3)];
        c.mov(rax, rdi);
        if (Rows > 3)
        {
            c.lea(r8, __[rcx + (rcx * 2)]);
        }

        for (int i = 1; i < third.Length; i++)
        {
            c.lea(third[i], __[third[i - 1] + r8]);
        }

        // The next tile's first row.
        c.imul(r9, rcx, Rows);
        c.add(rdi, r9);
        for (int v = 0; v < Vectors; v++)
        {
            for (int part = 0; part < Parts; part++)
            {
                c.vmovdqu32(Sum(0, v, part), __zmmword_ptr[r10 + (v * Stage.VectorBytes) + (part * Vector)]);
                for (int row = 1; row < Rows; row++)
                {
                    c.vmovdqa64(Sum(row, v, part), Sum(0, v, part));
                }
            }
        }

        c.mov(r8, r13);
        c.mov(r9, r14);
        c.shr(r9, 2);
        Label rest = c.CreateLabel();
        c.jz(rest);
        Label loop = c.CreateLabel();
        c.Label(ref loop);
        Steps(c, third, Unrolled);
        c.dec(r9);
        c.jnz(loop);
        c.Label(ref rest);
        c.mov(r9, r14);
        c.and(r9, Unrolled - 1);
        Label done = c.CreateLabel();
        c.jz(done);
        Label one = c.CreateLabel();
        c.Label(ref one);
        Steps(c, third, 1);
        c.dec(r9);
        c.jnz(one);
        c.Label(ref done);
        c.nop();
    }

    private void Steps(Assembler c, AssemblerRegister64[] third, int count)
    {
        int width = Vectors * Parts;
        for (int step = 0; step < count; step++)
        {
            for (int v = 0; v < width; v++)
            {
                c.vmovdqu32(MachineFunction.Zmm[v], __zmmword_ptr[r8 + (((step * width) + v) * Vector)]);
            }

            for (int row = 0; row < Rows; row++)
            {
                AssemblerRegister64 start = third[row / 3];
                AssemblerRegisterZMM pixel = MachineFunction.Zmm[4 + (row % 4)];
                int at = step * sizeof(int);
                c.vpbroadcastd(pixel, (row % 3) switch { 0 => __dword_ptr[start + at], 1 => __dword_ptr[start + rcx + at], _ => __dword_ptr[start + (rcx * 2) + at] });
                for (int v = 0; v < width; v++)
                {
                    if (Kind == ProductKind.Bytes)
                    {
                        c.vpdpbusd(Sum(row, v / Parts, v % Parts), pixel, MachineFunction.Zmm[v]);
                    }
                    else
                    {
                        c.vpdpwssd(Sum(row, v / Parts, v % Parts), pixel, MachineFunction.Zmm[v]);
                    }
                }
            }
        }

        foreach (AssemblerRegister64 start in third)
        {
            c.add(start, count * sizeof(int));
        }

        c.add(r8, count * width * Vector);
    }

    /// <summary>Stage of a tile, which moves on to the next tile's rows of the output.</summary>
    private void Finish(Assembler c)
    {
        for (int v = 0; v < Vectors; v++)
        {
            AssemblerRegisterZMM[] lower = new AssemblerRegisterZMM[Rows];
            AssemblerRegisterZMM[] upper = new AssemblerRegisterZMM[Rows];
            for (int row = 0; row < Rows; row++)
            {
                (lower[row], upper[row]) = (Sum(row, v, 0), Sum(row, v, Parts - 1));
            }

            StageCode.Requantize(c, Stage, r10, v * Stage.VectorBytes, lower, upper);
        }

        for (int row = 0; row < Rows; row++)
        {
            AssemblerRegisterZMM[] results = new AssemblerRegisterZMM[Vectors];
            for (int v = 0; v < Vectors; v++)
            {
                results[v] = Sum(row, v, Parts - 1);
            }

            StageCode.Write(c, Stage, r15, r11, results, Stage.ToBytes, Masked);
            c.add(r11, rsi);
        }
    }
}
