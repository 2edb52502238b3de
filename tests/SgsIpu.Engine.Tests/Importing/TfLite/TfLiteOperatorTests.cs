using System.Text.Json;
using SgsIpu.Core;
using SgsIpu.Engine.Tests.Preprocessing;

namespace SgsIpu.Engine.Tests.Importing.TfLite;

/// <summary>
/// TFLite's operators one by one against a TFLite runtime. <c>operators.json</c> holds what it computed, in the order of the outputs; to make
/// it anew, run these tests with SGSIPU_TFLITE_CASES set to a folder, and <c>runtime.mjs</c> on that folder.
/// </summary>
public sealed class TfLiteOperatorTests
{
    /// <summary>Of the largest output: what float sums in another order, and functions of another library, may differ by.</summary>
    private const double Tolerance = 1e-5;

    private static readonly Lazy<Dictionary<string, float[][]>> Golden = new(() =>
        JsonSerializer.Deserialize<Dictionary<string, float[][]>>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Importing", "TfLite", "operators.json")))!);

    public static TheoryData<string> Names => [.. TfLiteCases.All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void AnOperatorComputesWhatTheRuntimeDoes(string name)
    {
        TfLiteCase test = TfLiteCases.All.Single(c => c.Name == name);
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "case.tflite");
        File.WriteAllBytes(file, test.Write());
        Keep(test);
        IpuModel model = IpuEngine.Import(new ImportOptions(file));
        using IModelRunner runner = IpuEngine.OpenRunner(model);
        IReadOnlyDictionary<string, Tensor> actual = runner.Run(test.Inputs.ToDictionary(i => i.Name, i => i.Value), CancellationToken.None);
        float[][] expected = Golden.Value[name];
        Assert.Equal(expected.Length, actual.Count);
        for (int i = 0; i < expected.Length; i++)
        {
            float[] got = actual[$"out{i}"].ToFloats();
            Assert.Equal(expected[i].Length, got.Length);
            double largest = Math.Max(expected[i].Max(Math.Abs), 1e-30f);
            Assert.All(expected[i].Zip(got), p => Assert.InRange(Math.Abs(p.First - p.Second), 0, Tolerance * largest));
        }
    }

    private static void Keep(TfLiteCase test)
    {
        if (Environment.GetEnvironmentVariable("SGSIPU_TFLITE_CASES") is not { Length: > 0 } folder)
        {
            return;
        }

        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, test.Name.Replace(' ', '~'));
        File.WriteAllBytes(file + ".tflite", test.Write());
        for (int i = 0; i < test.Inputs.Count; i++)
        {
            File.WriteAllBytes($"{file}.{i}.bin", test.Inputs[i].Value.Bytes.ToArray());
        }
    }
}
