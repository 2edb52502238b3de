using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace SgsIpu.Kernels;

/// <summary>
/// Code of an output stage: sums in vectors to UINT8 or INT16 elements in memory. K1 holds the even lanes, K2 the odd ones; K3 the elements
/// of the last group that are there.
/// </summary>
internal static class StageCode
{
    private const int Vector = 64;

    /// <summary>Vectors that the stage needs besides the sums: 0 to 7.</summary>
    public const int Scratch = 8;

    /// <summary>Sets the masks of lanes.</summary>
    public static void Begin(Assembler c)
    {
        c.mov(eax, 0x5555);
        c.kmovw(k1, eax);
        c.mov(eax, 0xAAAA);
        c.kmovw(k2, eax);
    }

    /// <summary>Requantizes the sums of one vector of channels, row after row, in place. In two parts the result is in the upper.</summary>
    /// <param name="tables">Address of the vector's block.</param>
    /// <param name="sums">The lower part, or all.</param>
    /// <param name="uppers">The upper part, where there are two.</param>
    public static void Requantize(Assembler c, StageForm form, AssemblerRegister64 tables, int offset, ReadOnlySpan<AssemblerRegisterZMM> sums, ReadOnlySpan<AssemblerRegisterZMM> uppers)
    {
        if (form.SplitBits > 0)
        {
            for (int i = 0; i < 6; i++)
            {
                c.vmovdqu32(MachineFunction.Zmm[i], __zmmword_ptr[tables + offset + ((2 + i) * Vector)]);
            }

            for (int r = 0; r < sums.Length; r++)
            {
                Split(c, form.SplitBits, sums[r], uppers[r]);
            }

            return;
        }

        for (int i = 0; i < (form.Lifts ? 5 : 4); i++)
        {
            c.vmovdqu32(MachineFunction.Zmm[i], __zmmword_ptr[tables + offset + ((1 + i) * Vector)]);
        }

        for (int r = 0; r < sums.Length; r++)
        {
            AssemblerRegisterZMM odd = r % 2 == 0 ? zmm5 : zmm6;
            if (form.Lifts)
            {
                c.vpsllvd(sums[r], sums[r], zmm4);
            }

            c.vmovshdup(odd, sums[r]);
            c.vpmuldq(sums[r], sums[r], zmm0);
            c.vpmuldq(odd, odd, zmm1);
            c.vmovshdup(odd.k1, sums[r]);
            c.vpaddd(odd, odd, zmm2);
            c.vpsravd(sums[r], odd, zmm3);
        }
    }

    /// <summary>Writes one row of requantized vectors of a panel.</summary>
    /// <param name="limits">Address of <see cref="StageBlocks.Limits"/>.</param>
    /// <param name="fours">The vectors' order, see <see cref="ColumnOrder"/>.</param>
    /// <param name="masked">Of the last group only the elements of K3 are written.</param>
    public static void Write(Assembler c, StageForm form, AssemblerRegister64 limits, AssemblerRegister64 y, ReadOnlySpan<AssemblerRegisterZMM> row, bool fours, bool masked)
    {
        int vector = 0;
        int[] groups = ColumnOrder.Groups(row.Length, fours);
        for (int g = 0; g < groups.Length; g++)
        {
            int at = vector * ColumnOrder.Lanes * form.ElementSize;
            bool last = masked && g == groups.Length - 1;
            if (groups[g] == 4 && form.ToBytes)
            {
                Four(c, form, limits, y, row, last);
            }
            else if (groups[g] == 4)
            {
                FourShorts(c, limits, y, row, last);
            }
            else if (groups[g] == 2)
            {
                Two(c, form, limits, y + at, row[vector], row[vector + 1], last);
            }
            else
            {
                One(c, form, limits, y + at, row[vector], last);
            }

            vector += groups[g];
        }
    }

    private static void Split(Assembler c, int bits, AssemblerRegisterZMM lower, AssemblerRegisterZMM upper)
    {
        c.vmovshdup(zmm6, upper);
        c.vmovshdup(zmm7, lower);
        c.vpmuldq(upper, upper, zmm0);
        c.vpmuldq(lower, lower, zmm0);
        c.vpmuldq(zmm6, zmm6, zmm1);
        c.vpmuldq(zmm7, zmm7, zmm1);
        c.vpsraq(lower, lower, (byte)bits);
        c.vpsraq(zmm7, zmm7, (byte)bits);
        c.vpaddq(upper, upper, zmm2);
        c.vpaddq(zmm6, zmm6, zmm3);
        c.vpaddq(upper, upper, lower);
        c.vpaddq(zmm6, zmm6, zmm7);
        c.vpsravq(upper, upper, zmm4);
        c.vpsravq(zmm6, zmm6, zmm5);
        c.vmovsldup(upper.k2, zmm6);
    }

    private static void Four(Assembler c, StageForm form, AssemblerRegister64 limits, AssemblerRegister64 y, ReadOnlySpan<AssemblerRegisterZMM> row, bool masked)
    {
        c.vpackssdw(row[0], row[0], row[1]);
        c.vpackssdw(row[2], row[2], row[3]);
        c.vpackuswb(row[0], row[0], row[2]);
        if (form.Clamps)
        {
            c.vpmaxub(row[0], row[0], __zmmword_ptr[limits + (2 * Vector)]);
            c.vpminub(row[0], row[0], __zmmword_ptr[limits + (3 * Vector)]);
        }

        if (masked)
        {
            c.vmovdqu8(__zmmword_ptr[y].k3, row[0]);
        }
        else
        {
            c.vmovdqu8(__zmmword_ptr[y], row[0]);
        }
    }

    /// <summary>Lanes of 128 bits take turns: those of the left pair, then of the right one.</summary>
    private static void FourShorts(Assembler c, AssemblerRegister64 limits, AssemblerRegister64 y, ReadOnlySpan<AssemblerRegisterZMM> row, bool masked)
    {
        const byte LowerLanes = 0b01_00_01_00;
        const byte UpperLanes = 0b11_10_11_10;
        const byte Turns = 0b11_01_10_00;
        c.vpackssdw(row[0], row[0], row[1]);
        c.vpackssdw(row[2], row[2], row[3]);
        c.vshufi64x2(row[1], row[0], row[2], LowerLanes);
        c.vshufi64x2(row[3], row[0], row[2], UpperLanes);
        for (int half = 0; half < 2; half++)
        {
            AssemblerRegisterZMM elements = row[1 + (2 * half)];
            c.vshufi64x2(elements, elements, elements, Turns);
            c.vpmaxsw(elements, elements, __zmmword_ptr[limits]);
            c.vpminsw(elements, elements, __zmmword_ptr[limits + Vector]);
            if (masked)
            {
                c.kshiftrq(k5, k3, (byte)(half * 32));
                c.vmovdqu16(__zmmword_ptr[y + (half * Vector)].k5, elements);
            }
            else
            {
                c.vmovdqu16(__zmmword_ptr[y + (half * Vector)], elements);
            }
        }
    }

    private static void Two(Assembler c, StageForm form, AssemblerRegister64 limits, AssemblerMemoryOperand y, AssemblerRegisterZMM left, AssemblerRegisterZMM right, bool masked)
    {
        c.vpackssdw(left, left, right);
        c.vpmaxsw(left, left, __zmmword_ptr[limits]);
        c.vpminsw(left, left, __zmmword_ptr[limits + Vector]);
        switch (form.ToBytes, masked)
        {
            case (true, true):
                c.vpmovwb(__ymmword_ptr[y].k3, left);
                break;
            case (true, false):
                c.vpmovwb(__ymmword_ptr[y], left);
                break;
            case (false, true):
                c.vmovdqu16(__zmmword_ptr[y].k3, left);
                break;
            default:
                c.vmovdqu16(__zmmword_ptr[y], left);
                break;
        }
    }

    private static void One(Assembler c, StageForm form, AssemblerRegister64 limits, AssemblerMemoryOperand y, AssemblerRegisterZMM sums, bool masked)
    {
        c.vpmovsdw(ymm7, sums);
        c.vpmaxsw(ymm7, ymm7, __ymmword_ptr[limits]);
        c.vpminsw(ymm7, ymm7, __ymmword_ptr[limits + Vector]);
        switch (form.ToBytes, masked)
        {
            case (true, true):
                c.vpmovwb(__xmmword_ptr[y].k3, ymm7);
                break;
            case (true, false):
                c.vpmovwb(__xmmword_ptr[y], ymm7);
                break;
            case (false, true):
                c.vmovdqu16(__ymmword_ptr[y].k3, ymm7);
                break;
            default:
                c.vmovdqu16(__ymmword_ptr[y], ymm7);
                break;
        }
    }
}
