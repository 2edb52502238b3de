using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SgsIpu.Kernels;

/// <summary>Packs a matrix of INT16 that is known at run time only, to the same words as <see cref="PanelLayout.Pack"/> with two elements a step.</summary>
internal static unsafe class PanelPacker
{
    /// <summary>Packs weights[k · Columns + column]: words of neighbouring columns come from two rows.</summary>
    public static void PackRows(short* weights, PanelLayout layout, int* target)
    {
        // K may be odd: the row after the last is 0s.
        short* zeros = stackalloc short[Vector128<short>.Count];
        Vector128<short>.Zero.Store(zeros);
        int lanes = layout.Lanes;
        for (int panel = 0; panel < layout.Columns; panel += layout.Width)
        {
            int words = (layout.IsTwo(panel) ? 2 : 1) * lanes;
            int columns = Math.Min(layout.Width, layout.Columns - panel);
            for (int step = 0; step < layout.Steps; step++)
            {
                short* row = weights + ((long)step * 2 * layout.Columns) + panel;
                bool hasNext = (step * 2) + 1 < layout.K;
                int* to = target + layout.Offset(panel) + (step * words);
                int c = 0;
                for (; c <= columns - Vector128<short>.Count; c += Vector128<short>.Count)
                {
                    Vector128<short> first = Vector128.Load(row + c);
                    Vector128<short> second = Vector128.Load(hasNext ? row + layout.Columns + c : zeros);
                    Put(Join(Vector128.WidenLower(first), Vector128.WidenLower(second)), to + c, lanes, layout.Split);
                    Put(Join(Vector128.WidenUpper(first), Vector128.WidenUpper(second)), to + c + 4, lanes, layout.Split);
                }

                for (; c < columns; c++)
                {
                    Put(row[c], hasNext ? row[layout.Columns + c] : (short)0, to + c, lanes, layout.Split);
                }
            }
        }
    }

    /// <summary>Packs weights[column · K + k].</summary>
    public static void PackColumns(short* weights, PanelLayout layout, int* target)
    {
        int lanes = layout.Lanes;
        for (int column = 0; column < layout.Columns; column++)
        {
            int panel = column / layout.Width * layout.Width;
            int words = (layout.IsTwo(panel) ? 2 : 1) * lanes;
            short* source = weights + ((long)column * layout.K);
            int* to = target + layout.Offset(panel) + column - panel;
            for (int k = 0; k < layout.K - 1; k += 2, to += words)
            {
                Put(source[k], source[k + 1], to, lanes, layout.Split);
            }

            if (layout.K % 2 != 0)
            {
                Put(source[layout.K - 1], 0, to, lanes, layout.Split);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Join(Vector128<int> first, Vector128<int> second) => ((first & Vector128.Create(0xFFFF)) | (second << 16)).AsInt16();

    /// <summary>Upper = (v − lower) / 256 with lower in [−128, 127]: v / 256 rounded down, and 1 more where lower is negative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Vector128<short> words, int* to, int lanes, bool split)
    {
        if (!split)
        {
            words.AsInt32().Store(to);
            return;
        }

        ((words << 8) >> 8).AsInt32().Store(to);
        ((words >> 8) + ((words >>> 7) & Vector128<short>.One)).AsInt32().Store(to + lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(short first, short second, int* to, int lanes, bool split)
    {
        if (!split)
        {
            *to = Word(first, second);
            return;
        }

        *to = Word((sbyte)first, (sbyte)second);
        to[lanes] = Word((first - (sbyte)first) >> 8, (second - (sbyte)second) >> 8);
    }

    private static int Word(int first, int second) => (int)((uint)(ushort)first | ((uint)second << 16));
}
