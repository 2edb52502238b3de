using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace SgsIpu.Kernels;

/// <summary>
/// A function of one argument, a pointer to its arguments, in machine code of AVX-512. Its body may use every register but RSP: what the
/// system's calling convention keeps is saved around it.
/// </summary>
internal sealed class MachineFunction
{
    /// <summary>XMM6 to XMM15 are kept on Windows.</summary>
    private const int FirstKept = 6;
    private const int KeptVectors = 10;

    private static readonly AssemblerRegister64[] Kept = [rbx, rbp, rsi, rdi, r12, r13, r14, r15];

    private static readonly AssemblerRegisterXMM[] Xmm = [xmm0, xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15];

    private readonly ExecutableMemory _memory;

    private MachineFunction(ExecutableMemory memory) => _memory = memory;

    public nint Address => _memory.Address;

    /// <summary>The vector registers by number.</summary>
    public static AssemblerRegisterZMM[] Zmm { get; } =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
    ];

    /// <summary>Assembles a function; null where the system refuses executable memory.</summary>
    /// <param name="body">Writes the body, which finds the argument in RDI.</param>
    public static MachineFunction? TryCreate(Action<Assembler> body)
    {
        var c = new Assembler(64);
        foreach (AssemblerRegister64 register in Kept)
        {
            c.push(register);
        }

        if (OperatingSystem.IsWindows())
        {
            c.sub(rsp, KeptVectors * 16);
            for (int i = 0; i < KeptVectors; i++)
            {
                c.vmovdqu(__xmmword_ptr[rsp + (i * 16)], Xmm[FirstKept + i]);
            }

            c.mov(rdi, rcx);
        }

        body(c);
        c.vzeroupper();
        if (OperatingSystem.IsWindows())
        {
            for (int i = 0; i < KeptVectors; i++)
            {
                c.vmovdqu(Xmm[FirstKept + i], __xmmword_ptr[rsp + (i * 16)]);
            }

            c.add(rsp, KeptVectors * 16);
        }

        for (int i = Kept.Length - 1; i >= 0; i--)
        {
            c.pop(Kept[i]);
        }

        c.ret();
        using var stream = new MemoryStream();
        c.Assemble(new StreamCodeWriter(stream), 0);
        ExecutableMemory? memory = ExecutableMemory.TryCreate(stream.GetBuffer().AsSpan(0, (int)stream.Length));
        return memory is null ? null : new MachineFunction(memory);
    }
}
