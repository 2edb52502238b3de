using System.Security.Cryptography;
using SgsIpu.Benchmarks.Accuracy;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Compilation;

namespace SgsIpu.Benchmarks;

/// <summary>
/// What the offline image of every network of the assets gives for the same input, as one number: printed on two machines, or for two forms
/// of the kernels, the lines must be equal. The images are made where the folder does not exist; the folder is then taken along.
/// </summary>
internal static class DigestBenchmark
{
    public static void Run(string folder)
    {
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            foreach (string path in AssetImages.Write(folder, []))
            {
                Console.Error.WriteLine($"wrote {path}");
            }
        }

        foreach (string path in Directory.EnumerateFiles(folder, "*.img").Order(StringComparer.Ordinal))
        {
            IpuModel model = ImageReader.Read(File.ReadAllBytes(path), path);
            Dictionary<string, Tensor> inputs = model.Graph.Inputs.ToDictionary(i => i, i => Noise(model.Graph[i]));
            foreach (int threads in new[] { 1, 2 })
            {
                using IModelRunner runner = IpuEngine.OpenRunner(model, null, threads);
                using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                IReadOnlyDictionary<string, Tensor> outputs = runner.Run(inputs, CancellationToken.None);
                foreach (string output in model.Graph.Outputs)
                {
                    digest.AppendData(outputs[output].Bytes);
                }

                Console.WriteLine($"{Path.GetFileName(path),-40} {threads} {Convert.ToHexStringLower(digest.GetHashAndReset())}");
            }
        }
    }

    /// <summary>The same numbers on every machine: all of UINT8, INT16 without the lowest, which no tensor holds, or [0, 1).</summary>
    private static Tensor Noise(TensorSpec spec)
    {
        var random = new Random(1);
        int count = (int)spec.Shape.Count;
        return spec.Type switch
        {
            DataType.UInt8 => Tensor.FromArray<byte>([.. Enumerable.Range(0, count).Select(_ => (byte)random.Next(256))], spec.Shape.AsSpan()),
            DataType.Int16 => Tensor.FromArray<short>([.. Enumerable.Range(0, count).Select(_ => (short)random.Next(-short.MaxValue, short.MaxValue + 1))], spec.Shape.AsSpan()),
            _ => Tensor.FromArray<float>([.. Enumerable.Range(0, count).Select(_ => random.NextSingle())], spec.Shape.AsSpan()),
        };
    }
}
