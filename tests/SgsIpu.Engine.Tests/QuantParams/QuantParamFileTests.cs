using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using SgsIpu.Core;
using SgsIpu.Engine.QuantParams;
using SgsIpu.Engine.Tests.Preprocessing;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.QuantParams;

/// <summary>Files of quantization parameters against Python and NumPy, and against those who would harm with them.</summary>
public sealed class QuantParamFileTests : IDisposable
{
    private const string Guide = """
        [
            {
                "name": "FeatureExtractor/MobilenetV2/Conv2d_0/weights",
                "min": [-4.555312, -2.876907, -1.234419],
                "max": [7.364561, 3.960804, 6.0],
                "bit": 8
            }
        ]
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheExampleOfTheGuideIsRead()
    {
        GivenQuantization entry = Assert.Single(QuantParamFile.Parse(Encoding.UTF8.GetBytes(Guide), "/somewhere/param.json"));
        Assert.Equal(("FeatureExtractor/MobilenetV2/Conv2d_0/weights", 8, "param.json"), (entry.Tensor, entry.Bit, entry.Source));
        Assert.Equal([-4.555312f, -2.876907f, -1.234419f], entry.Min.ToArray());
        Assert.Equal([7.364561f, 3.960804f, 6f], entry.Max.ToArray());
    }

    [PythonFact("numpy")]
    public void PythonLoadsWhatIsWritten()
    {
        string pickle = _folder.Write("x.pkl", QuantParamFile.Write(QuantParamExport.Of(SampleModel.Fixed, true), QuantParamFormat.Pickle));
        string json = _folder.Write("x.json", QuantParamFile.Write(QuantParamExport.Of(SampleModel.Fixed, true), QuantParamFormat.Json));
        string output = Python(
            """
            import json, pickle, sys, numpy as np
            a = pickle.load(open(sys.argv[1], 'rb')); b = json.load(open(sys.argv[2]))
            assert len(a) == len(b) > 20
            for x, y in zip(a, b):
                assert sorted(x) == sorted(y) and x['name'] == y['name'] and x['bit'] == y['bit'] and type(x['min']) is list
                assert np.array_equal(np.float32(x['min']), np.float32(y['min'])) and np.array_equal(np.float32(x['max']), np.float32(y['max']))
                assert all(l <= h for l, h in zip(x['min'], x['max']))
                if 'data' in x:
                    assert type(x['data']) is np.ndarray and x['data'].dtype == np.float32 and np.array_equal(x['data'], np.float32(y['data']))
                    x['data'][...] = 0
            print(sum('data' in x for x in a), *a[[x['name'] for x in a].index('stem_relu')]['max'])
            """,
            pickle,
            json);

        // Weights and biases.
        string[] words = output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2 * SampleModel.Float.Nodes.Count(n => n.Op is Conv2DOp or DepthwiseConv2DOp or FullyConnectedOp), int.Parse(words[0], CultureInfo.InvariantCulture));
        Assert.Equal(SampleModel.Fixed.Graph["stem_relu"].Quant!.Max.ToArray(), words.Skip(1).Select(w => float.Parse(w, CultureInfo.InvariantCulture)));
    }

    [PythonFact("numpy")]
    public void PicklesOfPythonAreReadWhateverTheirProtocol()
    {
        Python(
            """
            import pickle, sys, numpy as np
            big = np.arange(12, dtype='>f4').reshape(3, 4)
            entries = [
                dict(name='plain', min=[-1.5, 0], max=[2, 3.25], bit=8),
                dict(name='näme', min=np.float32([-1, -2]), max=np.array([1, 2], 'i8'), bit=np.int64(16)),
                dict(name='scalars', min=np.float64(-0.5), max=[np.float32(4), np.int16(7)][0], bit=None),
                dict(name='data', min=(0,), max=[1 << 40], bit=8, data=np.arange(12, dtype='f8').reshape(3, 4)),
                dict(name='order', min=[], max=[], bit=8, data=np.asfortranarray(big)),
                dict(name='half', min=[True - 1], max=[1], bit=16, data=np.arange(4, dtype='f2')),
                dict(name='bytes', min=[-129], max=[70000], bit=4, data=np.arange(256, dtype='u1')),
            ]
            entries.append(entries[0])
            for p in range(2, pickle.HIGHEST_PROTOCOL + 1):
                open(f'{sys.argv[1]}/p{p}.pkl', 'wb').write(pickle.dumps(entries, p))
            """,
            _folder.Path);
        string[] files = Directory.GetFiles(_folder.Path, "p*.pkl");
        Assert.Equal(4, files.Length);
        foreach (string file in files)
        {
            ImmutableArray<GivenQuantization> read = QuantParamFile.Read(file);
            Assert.Equal(["plain", "näme", "scalars", "data", "order", "half", "bytes", "plain"], read.Select(e => e.Tensor));
            Assert.Equal([-1.5f, 0], read[0].Min.ToArray());
            Assert.Equal([1f, 2f], read[1].Max.ToArray());
            Assert.Equal([8, 16, null, 8, 8, 16, 4, 8], read.Select(e => e.Bit));
            Assert.Equal((-0.5f, 4f), (read[2].Min[0], read[2].Max[0]));
            Assert.Equal((1L << 40, new Shape(3, 4)), (read[3].Max[0], read[3].Data!.Shape));
            Assert.Equal(Enumerable.Range(0, 12).Select(i => (float)i), read[3].Data!.ToFloats());
            Assert.Equal(Enumerable.Range(0, 12).Select(i => (float)i), read[4].Data!.ToFloats());
            Assert.Equal([0f, 1f, 2f, 3f], read[5].Data!.ToFloats());
            Assert.Equal(255f, read[6].Data!.ToFloats()[255]);
            Assert.Equal((-129f, 70000f), (read[6].Min[0], read[6].Max[0]));
        }
    }

    [PythonFact("numpy")]
    public void WhatWouldRunSomethingIsRefusedAndNotRun()
    {
        string marker = Path.Combine(_folder.Path, "ran");
        Python(
            """
            import builtins, collections, os, pickle, sys, numpy as np
            class Evil:
                def __init__(self, *call): self.call = call
                def __reduce__(self): return self.call
            marker = sys.argv[2]
            evil = [Evil(os.system, ('touch ' + marker,)), Evil(builtins.eval, (f'open({marker!r}, "w")',)), Evil(builtins.getattr, (1, 'real')),
                    collections.OrderedDict(), np.array([print], dtype=object), np.array(['a']), 1 + 2j, {1, 2}]
            for p in range(2, pickle.HIGHEST_PROTOCOL + 1):
                for i, e in enumerate(evil):
                    open(f'{sys.argv[1]}/evil{i}_{p}.pkl', 'wb').write(pickle.dumps([dict(name='x', min=e, max=[1], bit=8)], p))
            """,
            _folder.Path,
            marker);
        string[] files = Directory.GetFiles(_folder.Path, "evil*.pkl");
        Assert.Equal(4 * 8, files.Length);
        Assert.All(files, file => Assert.Equal("PickleForbidden", Assert.Throws<IpuException>(() => QuantParamFile.Read(file)).ErrorId));
        Assert.False(File.Exists(marker));
    }

    /// <summary>Nine lists of ten references each to the one before: a billion numbers in a hundred bytes.</summary>
    [Fact]
    public void ListsOfListsOfTheSameListsEnd()
    {
        List<byte> pickle = [0x80, 2, (byte)']', (byte)'}', (byte)'(', (byte)'X', 4, 0, 0, 0, .. "name"u8, (byte)'X', 1, 0, 0, 0, (byte)'x', (byte)'X', 3, 0, 0, 0, .. "min"u8];
        pickle.AddRange([(byte)'K', 1, (byte)'q', 0]);
        for (byte level = 1; level < 8; level++)
        {
            pickle.AddRange([(byte)'0', (byte)']', (byte)'(']);
            for (int i = 0; i < 30; i++)
            {
                pickle.AddRange([(byte)'h', (byte)(level - 1)]);
            }

            pickle.AddRange([(byte)'e', (byte)'q', level]);
        }

        pickle.AddRange([(byte)'u', (byte)'a', (byte)'.']);
        IpuException e = Assert.Throws<IpuException>(() => QuantParamFile.Parse([.. pickle], "x.pkl"));
        Assert.Contains("more numbers than", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "QuantParamForm")]
    [InlineData("[", "QuantParamSyntax")]
    [InlineData("[1]", "QuantParamForm")]
    [InlineData("[{\"min\": [1]}]", "QuantParamForm")]
    [InlineData("[{\"name\": \"x\", \"bits\": 8}]", "QuantParamForm")]
    [InlineData("[{\"name\": \"x\", \"bit\": 8.5}]", "QuantParamForm")]
    [InlineData("[{\"name\": \"x\", \"min\": [\"1\"]}]", "QuantParamForm")]
    [InlineData("[{\"name\": \"x\", \"data\": [[1, 2], [3]]}]", "QuantParamForm")]
    [InlineData("[{\"name\": \"x\", \"data\": [[1], 2]}]", "QuantParamForm")]
    [InlineData("[{\"name\": \"x\", \"data\": [[[[[[[[[[1]]]]]]]]]]}]", "QuantParamForm")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]", "QuantParamSyntax")]
    [InlineData("nonsense", "PickleDamaged")]
    [InlineData("", "PickleDamaged")]
    public void AFileOfAnotherFormIsNamed(string text, string errorId)
    {
        IpuException e = Assert.Throws<IpuException>(() => QuantParamFile.Parse(Encoding.UTF8.GetBytes(text), "x.json"));
        Assert.Equal(errorId, e.ErrorId);
        Assert.Contains("x.json", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(QuantParamFormat.Pickle)]
    [InlineData(QuantParamFormat.Json)]
    public void DamagedFilesNeverCrash(QuantParamFormat format)
    {
        byte[] good = QuantParamFile.Write([.. QuantParamExport.Of(SampleModel.Fixed, false).Take(6), new GivenQuantization("data") { Data = new Tensor(DataType.Float32, new Shape(2, 3)), Bit = 8 }], format);
        var random = new Random(11);
        for (int i = 0; i < 4000; i++)
        {
            byte[] bad = random.Next(4) == 0 ? good[..random.Next(good.Length)] : [.. good];
            for (int k = random.Next(1, 5); k > 0 && bad.Length > 2; k--)
            {
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            }

            try
            {
                Assert.All(QuantParamFile.Parse(bad, "x"), e => Assert.NotEmpty(e.Tensor));
            }
            catch (IpuException e)
            {
                Assert.NotEmpty(e.ErrorId);
            }
        }
    }

    /// <summary>What is exported and taken in again changes no activation and no weights, but for the last bit of scales that single precision rounds.</summary>
    [Theory]
    [InlineData(QuantParamFormat.Pickle)]
    [InlineData(QuantParamFormat.Json)]
    public void WhatIsExportedIsTakenInAgain(QuantParamFormat format)
    {
        IpuModel first = SampleModel.Calibrate(SampleModel.Float, CalibrationLevel.L1, 2);
        ImmutableArray<GivenQuantization> given = QuantParamFile.Parse(QuantParamFile.Write(QuantParamExport.Of(first, false), format), "x");
        IpuModel second = SampleModel.Calibrate(SampleModel.Float with { Given = given }, CalibrationLevel.L1, 2);
        Assert.All(second.Report!.Given, o => Assert.True(o.Taken, $"{o.Tensor} {o.What}: {o.Reason}"));
        Assert.Equal(first.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), second.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        foreach (TensorSpec tensor in first.Tensors.Where(t => t.Quant is not null))
        {
            TensorSpec again = second.Graph[tensor.Name];
            Assert.Equal((tensor.Type, tensor.Quant!.ZeroPoint, tensor.Quant.Scale.Length), (again.Type, again.Quant!.ZeroPoint, again.Quant.Scale.Length));
            Assert.All(tensor.Quant.Scale.Zip(again.Quant.Scale), p => Assert.Equal(1, p.First / p.Second, 1e-5));
        }
    }

    /// <summary>20 dB: weights of 8 bits that scales of input channels are folded into.</summary>
    [Fact]
    public void ExportedDataAreWhatTheIntegersStandFor()
    {
        foreach (GivenQuantization entry in QuantParamExport.Of(SampleModel.Fixed, true).Where(e => e.Data is not null))
        {
            float[] real = SampleModel.Float.Graph[entry.Tensor].Constant!.ToFloats();
            double power = real.Sum(v => (double)v * v);
            double noise = real.Zip(entry.Data!.ToFloats()).Sum(p => Math.Pow(p.First - p.Second, 2));
            Assert.True(noise < power / 100, $"{entry.Tensor}: {10 * Math.Log10(power / noise):0.0} dB");
        }
    }

    [Fact]
    public void AFloatModelHasNoParameters() =>
        Assert.Equal("WrongStage", Assert.Throws<IpuException>(() => QuantParamExport.Of(SampleModel.Float, false)).ErrorId);

    private string Python(string script, params string[] arguments)
    {
        string file = _folder.Write("script.py", script);
        using Process process = Process.Start(new ProcessStartInfo(PythonFactAttribute.Find("numpy")!, [file, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return output;
    }
}
