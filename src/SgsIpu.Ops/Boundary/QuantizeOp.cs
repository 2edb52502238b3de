using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>Rounds real numbers handed over by the board: <c>clamp(rne(x / s) + z)</c>. The only operator that reads them.</summary>
public sealed record QuantizeOp(DataType To) : BoundaryOp(To)
{
    public static ImmutableArray<ImportRule> Imports => [];

    public override string Name => "Quantize";

    public override FixedKernel PrepareFixed(FixedBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        if (binding.Input(0).Type != DataType.Float32)
        {
            throw binding.NotSupported($"quantizes Float32, found {binding.Input(0)}");
        }

        ChannelOperand y = ChannelOperand.Of(binding, binding.Output);
        double[] scales = [.. y.Scales];
        int[] zeros = [.. Enumerable.Range(0, scales.Length).Select(FixedBinding.Quant(binding.Output).ZeroOf)];
        return y.Type == DataType.UInt8
            ? new DelegateKernel((in FixedArguments a) =>
            {
                ReadOnlySpan<float> from = a.Input<float>(0);
                Span<byte> to = a.Output(0);
                for (int i = 0; i < to.Length; i++)
                {
                    to[i] = (byte)Rounded(from[i], scales[i % scales.Length], zeros[i % scales.Length], byte.MinValue, byte.MaxValue);
                }
            })
            : new DelegateKernel((in FixedArguments a) =>
            {
                ReadOnlySpan<float> from = a.Input<float>(0);
                Span<short> to = a.Output<short>(0);
                for (int i = 0; i < to.Length; i++)
                {
                    to[i] = (short)Rounded(from[i], scales[i % scales.Length], zeros[i % scales.Length], -short.MaxValue, short.MaxValue);
                }
            });
    }

    /// <summary>What is no number counts as 0.</summary>
    private static int Rounded(float x, double scale, int zero, int low, int high) =>
        float.IsNaN(x) ? zero : (int)Math.Clamp(Math.Round(x / scale, MidpointRounding.ToEven) + zero, low, high);
}
