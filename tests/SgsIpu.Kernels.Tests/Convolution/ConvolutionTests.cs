using System.Runtime.InteropServices;
using SgsIpu.Core;

namespace SgsIpu.Kernels.Tests;

/// <summary>Every form of the convolution against the scalar one, and that against the definition.</summary>
public sealed class ConvolutionTests
{
    public static TheoryData<KernelForm, DataType, bool, bool> Forms()
    {
        var data = new TheoryData<KernelForm, DataType, bool, bool>();
        foreach (KernelForm form in KernelForms.Products.Union([KernelForm.V128]).Where(f => f != KernelForm.Scalar))
        {
            foreach (DataType type in new[] { DataType.UInt8, DataType.Int16 })
            {
                data.Add(form, type, false, false);
                data.Add(form, type, true, false);
                data.Add(form, type, false, true);
                data.Add(form, type, true, true);
            }
        }

        return data;
    }

    [Theory]
    [InlineData(DataType.UInt8, false, false)]
    [InlineData(DataType.UInt8, true, false)]
    [InlineData(DataType.UInt8, false, true)]
    [InlineData(DataType.Int16, false, false)]
    [InlineData(DataType.Int16, true, false)]
    [InlineData(DataType.Int16, false, true)]
    public void Scalar_form_follows_the_definition(DataType type, bool depthwise, bool transposed)
    {
        var random = new Random(11);
        for (int i = 0; i < 12; i++)
        {
            ConvolutionSpec spec = ConvolutionCases.Random(random, depthwise, type, transposed);
            byte[] x = Input(random, spec);
            byte[] y = Output(spec);
            Convolution.Create(spec, KernelForm.Scalar).Run(x, y, 1);
            Assert.Equal(transposed ? Scattered(spec, x) : Gathered(spec, x), Elements(y, spec.Output.Type));
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Vector_forms_give_the_bytes_of_the_scalar_form(KernelForm form, DataType type, bool depthwise, bool transposed)
    {
        var random = new Random(23);
        for (int i = 0; i < 40; i++)
        {
            Check(random, ConvolutionCases.Random(random, depthwise, type, transposed), form);
        }
    }

    [Theory]
    [MemberData(nameof(Wide))]
    public void Many_channels_and_wide_kernels_give_the_bytes_of_the_scalar_form(KernelForm form, DataType type, bool depthwise)
    {
        var random = new Random(57);
        for (int i = 0; i < 24; i++)
        {
            Check(random, ConvolutionCases.RandomWide(random, depthwise, type), form);
        }
    }

    public static TheoryData<KernelForm, DataType, bool> Wide()
    {
        var data = new TheoryData<KernelForm, DataType, bool>();
        foreach (KernelForm form in KernelForms.Products.Where(f => f != KernelForm.Scalar))
        {
            foreach (DataType type in new[] { DataType.UInt8, DataType.Int16 })
            {
                data.Add(form, type, false);
                data.Add(form, type, true);
            }
        }

        return data;
    }

    [Theory]
    [InlineData(DataType.UInt8, 0)]
    [InlineData(DataType.UInt8, 1)]
    [InlineData(DataType.Int16, 0)]
    [InlineData(DataType.Int16, 1)]
    public void Sums_at_the_border_of_INT32_are_exact(DataType type, int beyond)
    {
        // Σ|w| is the largest for which largest input · Σ|w| is below 2^31, and one step more.
        short[] weights = type == DataType.UInt8 ? new short[66311 + beyond] : new short[601];
        weights.AsSpan().Fill((short)(type == DataType.UInt8 ? 127 : 109));
        weights[0] += (short)(type == DataType.UInt8 ? 0 : 26 + beyond);
        byte[] x = new byte[weights.Length * (type == DataType.UInt8 ? 1 : 2)];
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = type == DataType.UInt8 ? (byte)255 : (byte)(i % 2 == 0 ? 0x00 : 0x80);
        }

        var spec = new ConvolutionSpec
        {
            Height = 1,
            Width = 1,
            Channels = weights.Length,
            OutHeight = 1,
            OutWidth = 1,
            InputType = type,
            InputZeroPoint = 0,
            Weights = weights,
            Output = new OutputStage(DataType.Int16, [0], [Requantizer.FromScale(1.5e-5)], 0, -32767, 32767),
        };
        foreach (KernelForm form in KernelForms.Products)
        {
            byte[] y = Output(spec);
            Convolution.Create(spec, form).Run(x, y, 1);
            Assert.Equal(Gathered(spec, x), Elements(y, DataType.Int16));
        }
    }

    [Fact]
    public void One_kernel_serves_several_runs_at_once()
    {
        var random = new Random(41);
        foreach (KernelForm form in KernelForms.Products)
        {
            ConvolutionSpec spec = ConvolutionCases.Random(random, depthwise: false, DataType.UInt8);
            Convolution convolution = Convolution.Create(spec, form);
            byte[][] inputs = [.. Enumerable.Range(0, 8).Select(_ => Input(random, spec))];
            byte[][] outputs = [.. inputs.Select(_ => Output(spec))];
            Parallel.For(0, inputs.Length, i => convolution.Run(inputs[i], outputs[i], 2));
            for (int i = 0; i < inputs.Length; i++)
            {
                byte[] y = Output(spec);
                Convolution.Create(spec, KernelForm.Scalar).Run(inputs[i], y, 1);
                Assert.Equal(y, outputs[i]);
            }
        }
    }

    [Fact]
    public void A_run_on_one_thread_allocates_nothing()
    {
        foreach (KernelForm form in KernelForms.Products)
        {
            var random = new Random(6);
            ConvolutionSpec spec = ConvolutionCases.Random(random, depthwise: false, DataType.UInt8);
            Convolution convolution = Convolution.Create(spec, form);
            byte[] x = Input(random, spec);
            byte[] y = Output(spec);
            convolution.Run(x, y, 1);
            long before = GC.GetAllocatedBytesForCurrentThread();
            convolution.Run(x, y, 1);
            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }

    private static void Check(Random random, ConvolutionSpec spec, KernelForm form)
    {
        byte[] x = Input(random, spec);
        byte[] expected = Output(spec);
        Convolution.Create(spec, KernelForm.Scalar).Run(x, expected, 1);
        Convolution fast = Convolution.Create(spec, form);
        foreach (int threads in new[] { 1, 3 })
        {
            byte[] y = Output(spec);
            fast.Run(x, y, threads);
            Assert.True(expected.AsSpan().SequenceEqual(y), $"{threads} threads: {spec}, {spec.OutChannels} outputs, {spec.Output}");
        }
    }

    private static byte[] Input(Random random, ConvolutionSpec spec) =>
        ConvolutionCases.Elements(random, spec.Batch * spec.Height * spec.Width * spec.Channels, spec.InputType);

    private static byte[] Output(ConvolutionSpec spec) =>
        new byte[spec.Batch * spec.OutHeight * spec.OutWidth * spec.OutChannels * (spec.Output.Type == DataType.UInt8 ? 1 : 2)];

    private static long[] Elements(byte[] data, DataType type) => type == DataType.UInt8
        ? [.. data.Select(v => (long)v)]
        : [.. MemoryMarshal.Cast<byte, short>(data).ToArray().Select(v => (long)v)];

    private static long[] Gathered(ConvolutionSpec s, byte[] data)
    {
        long[] x = Elements(data, s.InputType);
        var y = new List<long>();
        for (int n = 0; n < s.Batch; n++)
        {
            for (int pixel = 0; pixel < s.OutHeight * s.OutWidth; pixel++)
            {
                for (int o = 0; o < s.OutChannels; o++)
                {
                    long sum = 0;
                    for (int t = 0; t < s.KernelHeight * s.KernelWidth * s.GroupChannels; t++)
                    {
                        (int kh, int kw, int i) = (t / s.GroupChannels / s.KernelWidth, t / s.GroupChannels % s.KernelWidth, t % s.GroupChannels);
                        int h = (pixel / s.OutWidth * s.StrideH) - s.PadTop + (kh * s.DilationH);
                        int w = (pixel % s.OutWidth * s.StrideW) - s.PadLeft + (kw * s.DilationW);
                        int channel = (o / (s.OutChannels / s.Groups) * s.GroupChannels) + i;
                        long value = h >= 0 && h < s.Height && w >= 0 && w < s.Width
                            ? x[(((((n * s.Height) + h) * s.Width) + w) * s.Channels) + channel] - s.InputZeroPoint
                            : s.PadOffsets.IsEmpty ? 0 : s.PadOffsets[channel];
                        sum += value * s.Weights[(o * s.KernelHeight * s.KernelWidth * s.GroupChannels) + t];
                    }

                    y.Add(ConvolutionCases.Finish(s.Output, o, sum));
                }
            }
        }

        return [.. y];
    }

    /// <summary>A transposed convolution adds each input pixel, times the kernel, to the output.</summary>
    private static long[] Scattered(ConvolutionSpec s, byte[] data)
    {
        long[] x = Elements(data, s.InputType);
        long[] sums = new long[s.Batch * s.OutHeight * s.OutWidth * s.OutChannels];
        for (int e = 0; e < x.Length; e++)
        {
            (int channel, int w, int h, int n) = (e % s.Channels, e / s.Channels % s.Width, e / s.Channels / s.Width % s.Height, e / s.Channels / s.Width / s.Height);
            (int group, int i) = (channel / s.GroupChannels, channel % s.GroupChannels);
            for (int t = 0; t < s.KernelHeight * s.KernelWidth; t++)
            {
                int oh = (h * s.StrideH) - s.PadTop + (t / s.KernelWidth * s.DilationH);
                int ow = (w * s.StrideW) - s.PadLeft + (t % s.KernelWidth * s.DilationW);
                for (int j = 0; j < s.OutChannels / s.Groups && oh >= 0 && oh < s.OutHeight && ow >= 0 && ow < s.OutWidth; j++)
                {
                    int o = (group * (s.OutChannels / s.Groups)) + j;
                    sums[(((((n * s.OutHeight) + oh) * s.OutWidth) + ow) * s.OutChannels) + o] +=
                        (x[e] - s.InputZeroPoint) * s.Weights[(((o * s.KernelHeight * s.KernelWidth) + t) * s.GroupChannels) + i];
                }
            }
        }

        return [.. sums.Select((sum, e) => ConvolutionCases.Finish(s.Output, e % s.OutChannels, sum))];
    }
}
