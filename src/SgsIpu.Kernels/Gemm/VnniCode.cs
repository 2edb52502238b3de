using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace SgsIpu.Kernels;

/// <summary>
/// Machine code of the tiles of <see cref="VnniKernel"/> and <see cref="VnniPairKernel"/>, made once for the process: VPDPBUSD adds four
/// products of an unsigned and a signed byte to each INT32 lane, exactly, VPDPWSSD two of INT16. Managed code has no such instructions of 512 bits.
/// </summary>
internal sealed class VnniCode
{
    public const int Rows = 8;
    public const int Lanes = 16;

    /// <summary>Bit of ECX of CPUID leaf 7 that tells AVX512_VNNI.</summary>
    private const int VnniBit = 11;

    private const int VectorBytes = 64;

    private readonly ExecutableMemory _memory;

    private VnniCode(ExecutableMemory memory, ReadOnlySpan<int> lengths)
    {
        _memory = memory;
        Two = memory.Address;
        One = Two + lengths[0];
        TwoOfPairs = One + lengths[1];
        OneOfPairs = TwoOfPairs + lengths[2];
    }

    /// <summary>The code, or null where the processor has not the instruction or the system refuses executable memory.</summary>
    public static VnniCode? Instance { get; } = Create();

    /// <summary>Address of the function for two vectors of columns.</summary>
    public nint Two { get; }

    /// <summary>Address of the function for one vector of columns.</summary>
    public nint One { get; }

    /// <summary>Address of the function for two vectors of columns of INT16 pairs.</summary>
    public nint TwoOfPairs { get; }

    /// <summary>Address of the function for one vector of columns of INT16 pairs.</summary>
    public nint OneOfPairs { get; }

    private static VnniCode? Create()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !Avx512BW.IsSupported || ((X86Base.CpuId(7, 0).Ecx >> VnniBit) & 1) == 0)
        {
            return null;
        }

        byte[][] functions = [Assemble(2, pairs: false), Assemble(1, pairs: false), Assemble(2, pairs: true), Assemble(1, pairs: true)];
        ExecutableMemory? memory = ExecutableMemory.TryCreate([.. functions.SelectMany(f => f)]);
        return memory is null ? null : new VnniCode(memory, [.. functions.Select(f => f.Length)]);
    }

    /// <summary>
    /// (a, stride, columns, steps, sums) → nothing, in the calling convention of the system. Of the vectors only 0 to 2 and 16 to 31 are
    /// used: no convention keeps those.
    /// </summary>
    private static byte[] Assemble(int vectors, bool pairs)
    {
        var c = new Assembler(64);
        (AssemblerRegister64 a, AssemblerRegister64 stride, AssemblerRegister64 columns, AssemblerRegister64 steps, AssemblerRegister64 sums) = (rax, rdx, r8, rcx, r9);
        if (OperatingSystem.IsWindows())
        {
            c.mov(a, rcx);
            c.mov(steps, r9);
            c.mov(sums, __qword_ptr[rsp + 40]);
        }
        else
        {
            c.mov(a, rdi);
            c.mov(sums, r8);
            c.mov(columns, rdx);
            c.mov(stride, rsi);
        }

        // Rows are reached from every third of them: an address holds the stride once or twice.
        AssemblerRegister64[] third = [a, r10, r11];
        c.lea(r10, __[stride + (stride * 2)]);
        c.lea(r11, __[a + (r10 * 2)]);
        c.add(r10, a);
        AssemblerRegisterZMM[] tile = [zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31];
        for (int i = 0; i < Rows * vectors; i++)
        {
            c.vpxord(tile[i], tile[i], tile[i]);
        }

        Label loop = c.CreateLabel();
        c.Label(ref loop);
        c.vmovdqu32(zmm0, __zmmword_ptr[columns]);
        if (vectors == 2)
        {
            c.vmovdqu32(zmm1, __zmmword_ptr[columns + VectorBytes]);
        }

        for (int row = 0; row < Rows; row++)
        {
            AssemblerRegister64 start = third[row / 3];
            c.vpbroadcastd(zmm2, (row % 3) switch { 0 => __dword_ptr[start], 1 => __dword_ptr[start + stride], _ => __dword_ptr[start + (stride * 2)] });
            for (int v = 0; v < vectors; v++)
            {
                if (pairs)
                {
                    c.vpdpwssd(tile[(row * vectors) + v], zmm2, v == 0 ? zmm0 : zmm1);
                }
                else
                {
                    c.vpdpbusd(tile[(row * vectors) + v], zmm2, v == 0 ? zmm0 : zmm1);
                }
            }
        }

        foreach (AssemblerRegister64 start in third)
        {
            c.add(start, sizeof(int));
        }

        c.add(columns, vectors * VectorBytes);
        c.dec(steps);
        c.jnz(loop);
        for (int i = 0; i < Rows * vectors; i++)
        {
            c.vmovdqu32(__zmmword_ptr[sums + (i * VectorBytes)], tile[i]);
        }

        c.vzeroupper();
        c.ret();
        using var stream = new MemoryStream();
        c.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }
}
