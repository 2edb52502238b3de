using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Kernels.Lut;

namespace SgsIpu.Kernels.Tests.Lut;

public sealed class SigmoidKernelTests
{
    private static readonly SigmoidCurve Logistic = new(static u => 1 / (1 + Math.Exp(u)), 16, SigmoidForm.Weighted);

    public static TheoryData<SigmoidForm, DataType, int> Cases
    {
        get
        {
            var cases = new TheoryData<SigmoidForm, DataType, int>();
            foreach (SigmoidForm form in Enum.GetValues<SigmoidForm>())
            {
                foreach (int channels in new[] { 1, 3, 16, 17, 85 })
                {
                    cases.Add(form, DataType.Int16, channels);
                    cases.Add(form, DataType.UInt8, channels);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_form_on_any_number_of_threads_equals_the_scalar_one(SigmoidForm form, DataType type, int channels)
    {
        (SigmoidCurve curve, QuantParam input, QuantParam output) = Case(form, type, channels);
        short[] x = Inputs(20_011 * channels, channels);
        byte[] expected = Run(curve, x, input, type, output, KernelForm.Scalar, 1);
        foreach (KernelForm kernel in KernelForms.Available)
        {
            Assert.True(expected.AsSpan().SequenceEqual(Run(curve, x, input, type, output, kernel, 1)), $"{kernel}");
            Assert.True(expected.AsSpan().SequenceEqual(Run(curve, x, input, type, output, kernel, 3)), $"{kernel}, three threads");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_result_is_near_the_function(SigmoidForm form, DataType type, int channels)
    {
        (SigmoidCurve curve, QuantParam input, QuantParam output) = Case(form, type, channels);
        short[] x = Inputs(4_000 * channels, channels);
        byte[] y = Run(curve, x, input, type, output, KernelForm.Scalar, 1);
        (int low, int high) = type == DataType.UInt8 ? (0, 255) : (-32767, 32767);
        for (int i = 0; i < x.Length; i++)
        {
            double scale = input.Scale[i % input.Scale.Length];
            double unit = output.Scale[i % output.Scale.Length];
            double real = x[i] * scale;
            double gate = 1 / (1 + Math.Exp(-real));
            double exact = form switch { SigmoidForm.Weighted => real * gate, SigmoidForm.Odd => (2 * gate) - 1, _ => gate };
            int found = type == DataType.UInt8 ? y[i] : MemoryMarshal.Cast<byte, short>(y)[i];

            // Half a unit, and what the curve's own rounding is worth.
            double error = Math.Abs(found - Math.Clamp((exact / unit) + output.ZeroPoint, low, high));
            double curveError = (form == SigmoidForm.Weighted ? Math.Max(Math.Abs(real), 0.01) : 1) * Math.ScaleB(1.5, -16);
            Assert.True(error <= 0.51 + (curveError / unit), $"{form} of {real}: {found}, exact {exact / unit}");
        }
    }

    [Fact]
    public void Functions_in_range_keep_eighty_decibels()
    {
        QuantParam input = QuantParam.PerTensor(8.0 / 32767);
        QuantParam output = QuantParam.PerTensor(8.0 / 32767);
        short[] x = Inputs(100_000, 1);
        ReadOnlySpan<short> y = MemoryMarshal.Cast<byte, short>(Run(Logistic, x, input, DataType.Int16, output, KernelForm.Scalar, 1));
        double signal = 0;
        double noise = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double real = x[i] * input.Scale[0];
            double exact = real / (1 + Math.Exp(-real));
            signal += exact * exact;
            noise += Math.Pow(exact - (y[i] * output.Scale[0]), 2);
        }

        Assert.True(10 * Math.Log10(signal / noise) > 80, $"{10 * Math.Log10(signal / noise)} dB");
    }

    [Theory]
    [InlineData(DataType.Int16)]
    [InlineData(DataType.UInt8)]
    public void A_table_of_any_integers_gives_the_same_in_every_form(DataType type)
    {
        var random = new Random(5);
        int[] entries = [.. Enumerable.Range(0, 128).Select(_ => random.Next(int.MinValue, int.MaxValue))];
        Tensor table = Tensor.FromArray(entries, 4, 32);
        QuantParam map = QuantParam.PerTensor(20.0 / 32767);
        QuantParam output = type == DataType.UInt8 ? QuantParam.PerTensor(20.0 / 255, 30) : map;
        short[] x = Inputs(1000, 1);
        foreach (SigmoidForm function in Enum.GetValues<SigmoidForm>())
        {
            byte[] expected = Run(Logistic with { Form = function }, table, x, map, type, output, KernelForm.Scalar);
            foreach (KernelForm form in KernelForms.Available)
            {
                Assert.True(expected.AsSpan().SequenceEqual(Run(Logistic with { Form = function }, table, x, map, type, output, form)), $"{function}, {form}");
            }
        }
    }

    [Theory]
    [InlineData(SigmoidForm.Weighted, 3e-4, 1e-3)]
    [InlineData(SigmoidForm.Weighted, 3e-4, 1.1e-3)]
    [InlineData(SigmoidForm.Weighted, 3e-4, 1.3e-3)]
    [InlineData(SigmoidForm.Weighted, 3e-4, 1.0)]
    [InlineData(SigmoidForm.Weighted, 0.4, 2.0)]
    [InlineData(SigmoidForm.Weighted, 0.6, 4.0)]
    [InlineData(SigmoidForm.Plain, 3e-4, 5e-5)]
    [InlineData(SigmoidForm.Plain, 3e-4, 0.03)]
    [InlineData(SigmoidForm.Plain, 3e-4, 0.6)]
    [InlineData(SigmoidForm.Odd, 3e-4, 1e-4)]
    [InlineData(SigmoidForm.Odd, 3e-4, 2.5)]
    public void Bytes_are_near_the_function_whether_16_bits_reach_or_not(SigmoidForm form, double input, double output)
    {
        QuantParam to = QuantParam.PerTensor(output, 100);
        short[] x = Inputs(20_000, 1);
        byte[] expected = Run(Logistic with { Form = form }, x, QuantParam.PerTensor(input), DataType.UInt8, to, KernelForm.Scalar, 1);
        foreach (KernelForm kernel in KernelForms.Available)
        {
            Assert.True(expected.AsSpan().SequenceEqual(Run(Logistic with { Form = form }, x, QuantParam.PerTensor(input), DataType.UInt8, to, kernel, 1)), $"{kernel}");
        }

        for (int i = 0; i < x.Length; i++)
        {
            double real = x[i] * input;
            double gate = 1 / (1 + Math.Exp(-real));
            double exact = form switch { SigmoidForm.Weighted => real * gate, SigmoidForm.Odd => (2 * gate) - 1, _ => gate };

            // A step of the input is what a weighted result may err by, and the curve's rounding beside it.
            double allowed = 0.52 + ((form == SigmoidForm.Weighted ? input : Math.ScaleB(3, -16)) / output);
            Assert.InRange(expected[i], Math.Clamp((exact / output) + 100, 0, 255) - allowed, Math.Clamp((exact / output) + 100, 0, 255) + allowed);
        }
    }

    [Fact]
    public void Mappings_out_of_reach_are_told_and_those_of_other_channels_refused()
    {
        QuantParam one = QuantParam.PerTensor(1e-3);
        QuantParam two = new([1e-3, 1e-3], 0, 1);
        QuantParam three = new([1e-3, 1e-3, 1e-3], 0, 1);
        Assert.True(SigmoidKernel.Serves(Logistic, two, one));
        Assert.False(SigmoidKernel.Serves(Logistic, one, QuantParam.PerTensor(1e-12)));
        Assert.False(SigmoidKernel.Serves(Logistic, QuantParam.PerTensor(2), one));
        Assert.Equal("LookupTable", Assert.Throws<IpuException>(() => SigmoidKernel.Create(Logistic, Logistic.Table(), two, DataType.Int16, three, KernelForm.Scalar)).ErrorId);
    }

    private static byte[] Run(SigmoidCurve curve, Tensor table, short[] x, QuantParam input, DataType type, QuantParam output, KernelForm form)
    {
        byte[] y = new byte[x.Length * (type == DataType.UInt8 ? 1 : 2)];
        SigmoidKernel.Create(curve, table, input, type, output, form).Run(MemoryMarshal.AsBytes(x.AsSpan()), y);
        return y;
    }

    private static byte[] Run(SigmoidCurve curve, short[] x, QuantParam input, DataType type, QuantParam output, KernelForm form, int threads)
    {
        byte[] y = new byte[x.Length * (type == DataType.UInt8 ? 1 : 2)];
        SigmoidKernel.Create(curve, curve.Table(), input, type, output, form).Run(MemoryMarshal.AsBytes(x.AsSpan()), y, threads);
        return y;
    }

    /// <summary>Inputs of every magnitude, the extremes of the type among them.</summary>
    private static short[] Inputs(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => i < 4 ? (short)(32766 + i) : (short)(random.Next(short.MinValue, short.MaxValue + 1) >> random.Next(12)))];
    }

    /// <summary>Channels whose ranges go from a thousandth to hundreds.</summary>
    private static (SigmoidCurve Curve, QuantParam Input, QuantParam Output) Case(SigmoidForm form, DataType type, int channels)
    {
        double[] reach = [.. Enumerable.Range(0, channels).Select(c => channels == 1 ? 12 : Math.Pow(10, (c * 5 % 11 / 2.0) - 3))];
        int levels = type == DataType.UInt8 ? 200 : 32767;
        int zero = type == DataType.UInt8 ? 30 : 0;
        double[] results = [.. reach.Select(r => form == SigmoidForm.Weighted ? Math.Max(r / (1 + Math.Exp(-r)), 0.2) : 1)];
        return (Logistic with { Form = form }, new QuantParam([.. reach.Select(r => r / 32767)], 0, 0), new QuantParam([.. results.Select(r => r / levels)], zero, 0));
    }
}
