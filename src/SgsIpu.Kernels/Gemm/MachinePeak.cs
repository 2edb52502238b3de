using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace SgsIpu.Kernels;

/// <summary>What one core of this machine can do at most: a roof to hold kernels against.</summary>
public static unsafe class MachinePeak
{
    private const int Steps = 200_000;
    private const int Chains = 16;
    private const int Rounds = 7;

    /// <summary>Multiply-accumulates a second of unsigned by signed bytes, as the fastest form does them.</summary>
    public static double Bytes() => KernelForms.CurrentProduct == KernelForm.Vnni
        ? Machine(static (c, sum) => c.vpdpbusd(sum, zmm0, zmm1)) * Vector512<byte>.Count
        : Pairs();

    /// <summary>Multiply-accumulates a second of INT16 pairs into INT32, as the fastest form does them.</summary>
    public static double Shorts() => KernelForms.CurrentProduct == KernelForm.Vnni
        ? Machine(static (c, sum) => c.vpdpwssd(sum, zmm0, zmm1)) * Vector512<short>.Count
        : Pairs();

    /// <summary>Instructions a second of chains that do not wait for each other.</summary>
    private static double Machine(Action<Assembler, AssemblerRegisterZMM> add)
    {
        AssemblerRegisterZMM[] sums = [zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31];
        var c = new Assembler(64);
        c.mov(eax, Steps);
        c.vpxord(zmm0, zmm0, zmm0);
        c.vpxord(zmm1, zmm1, zmm1);
        Label loop = c.CreateLabel();
        c.Label(ref loop);
        foreach (AssemblerRegisterZMM sum in sums)
        {
            add(c, sum);
        }

        c.dec(eax);
        c.jnz(loop);
        c.vzeroupper();
        c.ret();
        using var stream = new MemoryStream();
        c.Assemble(new StreamCodeWriter(stream), 0);
        using ExecutableMemory? memory = ExecutableMemory.TryCreate(stream.ToArray());
        if (memory is null)
        {
            return double.NaN;
        }

        var run = (delegate* unmanaged<void>)memory.Address;
        double best = double.PositiveInfinity;
        for (int i = 0; i < Rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            run();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return (double)Steps * Chains / best;
    }

    private static double Pairs()
    {
        double best = double.PositiveInfinity;
        for (int i = 0; i < Rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            Consume(Chain());
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return (double)Steps * 4 * Vector<short>.Count / best;
    }

    private static Vector<int> Chain()
    {
        Vector<int> a = Vector<int>.Zero, b = a, c = a, d = a, x = Vector<int>.One;
        for (int i = 0; i < Steps; i++)
        {
            a = MultiplyAdd(a, x);
            b = MultiplyAdd(b, x);
            c = MultiplyAdd(c, x);
            d = MultiplyAdd(d, x);
        }

        return a + b + c + d;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<int> MultiplyAdd(Vector<int> sum, Vector<int> x) => Avx2.IsSupported && Vector<int>.Count == 8
        ? sum + Avx2.MultiplyAddAdjacent(x.AsVector256().AsInt16(), x.AsVector256().AsInt16()).AsVector()
        : sum + (x * x);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Consume(Vector<int> value) => GC.KeepAlive(value[0] == int.MinValue ? value : null);
}
